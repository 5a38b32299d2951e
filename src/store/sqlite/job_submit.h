#pragma once
// A job is taken into the queue, or refused.

#include "base/clock.h"
#include "jobs/job_store.h"
#include "store/blob_files.h"
#include "store/sqlite/blob_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

// Within the caller's transaction; errors as JobStore::submit().
Result<Submitted> submit_job(Connection& db, const NewJob& job, const QueueLimits& limits,
                             SqliteBlobStore& blobs, const Clock& clock);

}  // namespace diptych::sqlite
