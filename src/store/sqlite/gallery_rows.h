#pragma once
// The pictures of jobs, as the gallery shows them. Within the caller's transaction.

#include "base/clock.h"
#include "jobs/job_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

struct GalleryEntry {
  std::int64_t number = 0;  // of the job
  const Job& job;
  const JobOutcome& outcome;
};
// A row for each output that is a picture.
Status add_to_gallery(Connection& db, const GalleryEntry& entry, const Clock& clock);

Result<GalleryRow> get_gallery_row(Connection& db, std::string_view id);
Result<Listing<GalleryRow>> list_gallery(Connection& db, const GalleryFilter& filter,
                                         const Page& page);

}  // namespace diptych::sqlite
