#pragma once
// Jobs, their events and pictures as the native API tells them.

#include "base/json.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"
#include "jobs/job_store.h"

namespace diptych {

// {"id","kind","state","model","priority","created_ms","started_ms","finished_ms","attempts",
//  "progress","position","request","outputs","warnings","error"}; unset ones are null.
Json job_object(const Job& job, std::optional<int> position);
Json progress_object(const JobProgress& progress);

enum class Previews : std::uint8_t { kWith, kWithout };  // with: their bytes, as Base64
Json event_object(const JobEvent& event, Previews previews);

Json gallery_object(const GalleryRow& row);  // with the paths of its files

}  // namespace diptych
