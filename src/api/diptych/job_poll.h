#pragma once
// Looking at a job: at once, or when there is news of it.

#include <string>

#include "api/call.h"
#include "api/services.h"

namespace diptych {

// GET /api/v1/jobs/{id}. With wait_ms the answer waits for news after `since` (the `sequence` of an
// earlier answer), the job's end, or the time to be over. With preview=true it carries the latest
// preview.
Result<Reply> get_job(const Call& call, Services& services);

}  // namespace diptych
