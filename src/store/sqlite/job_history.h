#pragma once
// Jobs of the past: listing them, and giving them up. Within the caller's transaction.

#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

Result<Listing<Job>> list_jobs(Connection& db, const JobFilter& filter, const Page& page);

struct Erased {
  int count = 0;
  std::vector<std::string> blobs;  // that they had: candidates for removal after the commit
};
Result<Erased> erase_job(Connection& db, std::string_view id);
Result<Erased> erase_oldest_jobs(Connection& db, const JobStore::Keep& keep, int limit);

}  // namespace diptych::sqlite
