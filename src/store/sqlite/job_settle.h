#pragma once
// How jobs end, and what becomes of those that needed them. Within the caller's transaction.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "jobs/job_store.h"
#include "store/sqlite/blob_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

struct Ended {
  std::vector<Job> jobs;           // the first is the one that was asked for
  std::vector<std::string> blobs;  // that they held: candidates for removal after the commit
};

Result<Ended> finish_job(Connection& db, const Lease& lease, const JobOutcome& outcome,
                         const LedgerRow& bill, const Clock& clock);

struct CancelledRows {
  JobState state = JobState::kCancelled;
  Ended ended;
};
Result<CancelledRows> cancel_job(Connection& db, std::string_view id, const Clock& clock);

Status give_up_job(Connection& db, const Lease& lease);

struct Recovered {
  int count = 0;
  Ended ended;
};
Result<Recovered> recover_jobs(Connection& db, const Clock& clock);

}  // namespace diptych::sqlite
