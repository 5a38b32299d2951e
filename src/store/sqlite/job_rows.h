#pragma once
// Jobs as rows: reading them, and the small writes that several of the store's methods share. All
// run within the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_store.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

struct JobRow {
  std::int64_t number = 0;
  bool cancel_wanted = false;
  int crashes = 0;
  Job job;
};

std::unexpected<Error> no_such_job(std::string_view id);

// The columns that read_job_row() expects, for a SELECT … FROM jobs.
extern const std::string_view kJobColumns;
JobRow read_job_row(const Statement& row);
// Needs, blobs and outputs are other rows.
Status read_job_parts(Connection& db, JobRow& row);

Result<std::optional<JobRow>> find_job(Connection& db, std::string_view id);
Result<JobRow> get_job(Connection& db, std::string_view id);  // kNotFound
// The row behind a lease, as long as it is the newest one. kConflict: it is not.
Result<JobRow> get_leased(Connection& db, const Lease& lease);
struct LeasedNumber {
  std::int64_t number = 0;
  bool cancel_wanted = false;
};
Result<LeasedNumber> number_of(Connection& db, const Lease& lease);  // the same, lighter

// Blobs that rows of this job name, of any role: candidates for removal when it goes.
Result<std::vector<std::string>> blobs_of(Connection& db, std::int64_t number);

}  // namespace diptych::sqlite
