#include "store/sqlite/job_rows.h"

#include <fmt/format.h>

#include "store/sqlite/job_json.h"

namespace diptych::sqlite {

constexpr std::string_view kJobColumns =
    "number, id, owner, kind, model, request, priority, idempotency_key, timeout_ms, cost, state, "
    "cancel_wanted, attempts, crashes, created_ms, started_ms, finished_ms, progress, warnings, "
    "error";

std::unexpected<Error> no_such_job(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("There is no job '{}'.", id), "job_id");
}

JobRow read_job_row(const Statement& row) {
  JobRow read;
  Job& job = read.job;
  read.number = row.integer(0);
  job.id = row.text(1);
  job.spec.owner = row.text(2);
  job.spec.kind = find_job_kind(row.text(3)).value_or(JobKind::kPicture);
  job.spec.model = row.text(4);
  job.spec.request = row.text(5);
  job.spec.priority = static_cast<JobPriority>(row.integer(6));
  job.spec.idempotency_key = row.text(7);
  job.spec.timeout_ms = row.optional_integer(8);
  job.spec.cost = row.integer(9);
  job.state = find_job_state(row.text(10)).value_or(JobState::kFailed);
  read.cancel_wanted = row.integer(11) != 0;
  job.attempts = static_cast<int>(row.integer(12));
  read.crashes = static_cast<int>(row.integer(13));
  job.created_ms = row.integer(14);
  job.started_ms = row.optional_integer(15);
  job.finished_ms = row.optional_integer(16);
  job.progress = read_progress(row.text(17));
  if (job.progress.phase.empty()) job.progress.phase = name_of(job.state);
  job.warnings = read_warnings(row.text(18));
  job.error = read_error(row.text(19));
  return read;
}

namespace {

Status read_outputs(Connection& db, JobRow& row) {
  TRY(auto select, db.prepare("SELECT blob, content_type, size_bytes, metadata FROM job_outputs "
                              "WHERE job = ? ORDER BY place"));
  select.bind(row.number);
  while (true) {
    TRY(const bool found, select.step());
    if (!found) return {};
    row.job.outputs.push_back({.blob = select.text(0),
                               .content_type = select.text(1),
                               .size_bytes = static_cast<std::uint64_t>(select.integer(2)),
                               .metadata = select.text(3)});
  }
}

Result<std::vector<std::string>> read_texts_of(Connection& db, std::string_view sql,
                                               std::int64_t number) {
  TRY(auto select, db.prepare(sql));
  select.bind(number);
  std::vector<std::string> texts;
  while (true) {
    TRY(const bool found, select.step());
    if (!found) return texts;
    texts.push_back(select.text(0));
  }
}

}  // namespace

Status read_job_parts(Connection& db, JobRow& row) {
  TRY(row.job.spec.depends_on,
      read_texts_of(db, "SELECT needed FROM job_needs WHERE job = ? ORDER BY place", row.number));
  TRY(row.job.spec.blobs,
      read_texts_of(db, "SELECT blob FROM job_blobs WHERE job = ? AND role = 'input'", row.number));
  return read_outputs(db, row);
}

Result<std::optional<JobRow>> find_job(Connection& db, std::string_view id) {
  std::optional<JobRow> row;
  {
    TRY(auto select, db.prepare(fmt::format("SELECT {} FROM jobs WHERE id = ?", kJobColumns)));
    TRY(const bool found, select.bind(id).step());
    if (!found) return row;
    row = read_job_row(select);
  }
  TRY_STATUS(read_job_parts(db, *row));
  return row;
}

Result<JobRow> get_job(Connection& db, std::string_view id) {
  TRY(std::optional<JobRow> row, find_job(db, id));
  if (!row) return no_such_job(id);
  return *std::move(row);
}

Result<LeasedNumber> number_of(Connection& db, const Lease& lease) {
  TRY(auto select, db.prepare("SELECT number, cancel_wanted FROM jobs "
                              "WHERE id = ? AND state = 'running' AND attempts = ?"));
  TRY(const bool found, select.bind(lease.job.id).bind(lease.token).step());
  if (!found)
    return fail(ErrorCode::kConflict,
                fmt::format("Lease {} of job {} has ended.", lease.token, lease.job.id));
  return LeasedNumber{.number = select.integer(0), .cancel_wanted = select.integer(1) != 0};
}

Result<JobRow> get_leased(Connection& db, const Lease& lease) {
  TRY_STATUS(number_of(db, lease));
  return get_job(db, lease.job.id);
}

Result<std::vector<std::string>> blobs_of(Connection& db, std::int64_t number) {
  return read_texts_of(db,
                       "SELECT blob FROM job_outputs WHERE job = ?1 UNION "
                       "SELECT blob FROM job_blobs WHERE job = ?1",
                       number);
}

}  // namespace diptych::sqlite
