#pragma once
// A job's life without a queue: submitted, leased, finished, step by step.

#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_store.h"
#include "store/store.h"

namespace diptych::testing {

NewJob picture_job(std::string owner = {}, std::string prompt = "an apple", std::int64_t seed = 1);

// Each aborts the test binary when the store refuses.
std::string submit_job(SqliteStore& store, const NewJob& job);  // its id
Lease lease_job(SqliteStore& store);                            // the next picture job
// Files with the prompt and seed of picture_job()'s request.
JobOutcome drawn(SqliteStore& store, const Lease& lease, const std::vector<std::string>& files);
Job run_job(SqliteStore& store, const NewJob& job, const std::vector<std::string>& files);

}  // namespace diptych::testing
