#include "store/sqlite/job_settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "store/sqlite/gallery_rows.h"
#include "store/sqlite/job_json.h"
#include "store/sqlite/job_lease.h"
#include "store/sqlite/job_rows.h"

namespace diptych::sqlite {
namespace {

JobOutcome failed(JobState state, ErrorCode code, std::string message, std::string detail = {}) {
  JobOutcome outcome;
  outcome.state = state;
  outcome.error =
      Error{.code = code, .message = std::move(message), .param = {}, .detail = std::move(detail)};
  return outcome;
}

JobOutcome cancelled() {
  return failed(JobState::kCancelled, ErrorCode::kCancelled, "The job was cancelled.");
}

JobOutcome crashed_too_often(int crashes) {
  return failed(
      JobState::kFailed, ErrorCode::kInternal,
      fmt::format("The server ended {} times while it worked on this job, without getting "
                  "further: it is not tried again.",
                  crashes),
      "too_many_crashes");
}

Status write_end(Connection& db, std::int64_t number, const JobOutcome& outcome,
                 const Clock& clock) {
  const std::string warnings = dump_warnings(outcome.warnings);
  const std::string error = dump_error(outcome.error);
  TRY(auto update, db.prepare("UPDATE jobs SET state = ?, finished_ms = ?, cancel_wanted = 0, "
                              "warnings = ?, error = ? WHERE number = ?"));
  update.bind(name_of(outcome.state)).bind(clock.unix_ms());
  return update.bind_or_null(warnings).bind_or_null(error).bind(number).run();
}

Status write_outputs(Connection& db, std::int64_t number, const std::vector<JobOutput>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TRY(auto insert, db.prepare("INSERT INTO job_outputs VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(number).bind(static_cast<std::int64_t>(i)).bind(outputs[i].blob);
    insert.bind(outputs[i].content_type).bind(static_cast<std::int64_t>(outputs[i].size_bytes));
    TRY_STATUS(insert.bind(outputs[i].metadata).run());
  }
  return {};
}

Status drop_working_parts(Connection& db, std::int64_t number) {
  {
    TRY(auto remove, db.prepare("DELETE FROM job_checkpoints WHERE job = ?"));
    TRY_STATUS(remove.bind(number).run());
  }
  TRY(auto remove, db.prepare("DELETE FROM job_blobs WHERE job = ? AND role = 'work'"));
  return remove.bind(number).run();
}

Status write_bill(Connection& db, const Job& job, const LedgerRow& bill, const Clock& clock) {
  TRY(auto insert,
      db.prepare("INSERT INTO ledger (job, created_ms, owner, model, kind, images, pixel_steps, "
                 "prompt_tokens, cached_tokens, completion_tokens) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(job.id).bind(clock.unix_ms()).bind(job.spec.owner).bind(job.spec.model);
  insert.bind(name_of(job.spec.kind)).bind(bill.images).bind(bill.pixel_steps);
  insert.bind(bill.prompt_tokens).bind(bill.cached_tokens).bind(bill.completion_tokens);
  return insert.run();
}

// What it took: what the runner says, else the part that it came to.
std::int64_t work_of(const Job& job, const LedgerRow& bill) {
  if (bill.pixel_steps > 0) return bill.pixel_steps;
  const double fraction = std::clamp(job.progress.fraction, 0.0, 1.0);
  return static_cast<std::int64_t>(fraction * static_cast<double>(charged_cost(job.spec.cost)));
}

Result<std::vector<std::string>> waiting_for(Connection& db, std::string_view id) {
  TRY(auto select, db.prepare("SELECT DISTINCT jobs.id FROM job_needs JOIN jobs ON "
                              "jobs.number = job_needs.job WHERE needed = ? AND state = 'queued'"));
  select.bind(id);
  std::vector<std::string> ids;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return ids;
    ids.push_back(select.text(0));
  }
}

Status release_dependents(Connection& db, std::string_view id) {
  TRY(auto update, db.prepare("UPDATE jobs SET waits_for = waits_for - 1 WHERE state = 'queued' "
                              "AND number IN (SELECT job FROM job_needs WHERE needed = ?)"));
  return update.bind(id).run();
}

class Ending {  // of jobs, in one transaction
 public:
  Ending(Connection& db, const Clock& clock) : db_(db), clock_(clock) {}

  Status end(const JobRow& row, const JobOutcome& outcome);
  // One that ran: it is billed, whatever it came to.
  Status end_running(const JobRow& row, const JobOutcome& outcome, const LedgerRow& bill);
  // Of all that has ended: their dependents are one step nearer, or end too, and so do theirs.
  Status settle_dependents();
  Ended take() { return std::move(ended_); }

 private:
  Connection& db_;
  const Clock& clock_;
  Ended ended_;
  std::size_t settled_count_ = 0;  // of ended_.jobs
};

Status Ending::end(const JobRow& row, const JobOutcome& outcome) {
  TRY(const std::vector<std::string> held, blobs_of(db_, row.number));
  std::ranges::copy(held, std::back_inserter(ended_.blobs));
  TRY_STATUS(write_end(db_, row.number, outcome, clock_));
  TRY_STATUS(drop_working_parts(db_, row.number));
  TRY_STATUS(write_outputs(db_, row.number, outcome.outputs));
  TRY_STATUS(
      add_to_gallery(db_, {.number = row.number, .job = row.job, .outcome = outcome}, clock_));
  TRY(JobRow final, get_job(db_, row.job.id));
  ended_.jobs.push_back(std::move(final.job));
  return {};
}

Status Ending::end_running(const JobRow& row, const JobOutcome& outcome, const LedgerRow& bill) {
  TRY_STATUS(end(row, outcome));
  TRY_STATUS(write_bill(db_, row.job, bill, clock_));
  return settle_share(db_, row.job, work_of(row.job, bill));
}

Status Ending::settle_dependents() {
  for (; settled_count_ < ended_.jobs.size(); ++settled_count_) {
    const std::string id = ended_.jobs[settled_count_].id;
    const JobState state = ended_.jobs[settled_count_].state;
    if (state == JobState::kSucceeded) {
      TRY_STATUS(release_dependents(db_, id));
      continue;
    }
    TRY(const std::vector<std::string> dependents, waiting_for(db_, id));
    const JobOutcome outcome =
        failed(JobState::kFailed, ErrorCode::kConflict,
               fmt::format("Job {}, which this one depends on, did not succeed: it is {}.", id,
                           name_of(state)),
               "dependency_failed");
    for (const std::string& dependent : dependents) {
      TRY(const JobRow row, get_job(db_, dependent));
      TRY_STATUS(end(row, outcome));
    }
  }
  return {};
}

Status back_to_queue(Connection& db, const JobRow& row, int crashes) {
  {
    TRY(auto update, db.prepare("UPDATE jobs SET state = 'queued', crashes = ? WHERE number = ?"));
    TRY_STATUS(update.bind(std::int64_t{crashes}).bind(row.number).run());
  }
  return settle_share(db, row.job, work_of(row.job, {}));
}

Result<std::vector<std::string>> running_ids(Connection& db) {
  TRY(auto select, db.prepare("SELECT id FROM jobs WHERE state = 'running' ORDER BY number"));
  std::vector<std::string> ids;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return ids;
    ids.push_back(select.text(0));
  }
}

}  // namespace

Result<Ended> finish_job(Connection& db, const Lease& lease, const JobOutcome& outcome,
                         const LedgerRow& bill, const Clock& clock) {
  TRY(const JobRow row, get_leased(db, lease));
  if (row.cancel_wanted && outcome.state == JobState::kSucceeded)
    return fail(ErrorCode::kConflict, fmt::format("Job {} was cancelled.", row.job.id));
  Ending ending(db, clock);
  TRY_STATUS(ending.end_running(row, outcome, bill));
  TRY_STATUS(ending.settle_dependents());
  return ending.take();
}

Result<CancelledRows> cancel_job(Connection& db, std::string_view id, const Clock& clock) {
  TRY(const JobRow row, get_job(db, id));
  CancelledRows result;
  result.state = row.job.state;
  if (row.job.state == JobState::kQueued) {
    Ending ending(db, clock);
    TRY_STATUS(ending.end(row, cancelled()));
    TRY_STATUS(ending.settle_dependents());
    result.ended = ending.take();
    result.state = JobState::kCancelled;
  } else if (row.job.state == JobState::kRunning) {
    TRY(auto mark, db.prepare("UPDATE jobs SET cancel_wanted = 1 WHERE number = ?"));
    TRY_STATUS(mark.bind(row.number).run());
  }
  return result;
}

Status give_up_job(Connection& db, const Lease& lease) {
  TRY(const JobRow row, get_leased(db, lease));
  return back_to_queue(db, row, row.crashes);
}

Result<Recovered> recover_jobs(Connection& db, const Clock& clock) {
  Recovered recovered;
  Ending ending(db, clock);
  TRY(const std::vector<std::string> ids, running_ids(db));
  for (const std::string& id : ids) {
    TRY(const JobRow row, get_job(db, id));
    const int crashes = row.crashes + 1;
    if (row.cancel_wanted) {
      TRY_STATUS(ending.end_running(row, cancelled(), {}));
    } else if (crashes >= JobStore::kCrashesMax) {
      TRY_STATUS(ending.end_running(row, crashed_too_often(crashes), {}));
    } else {
      TRY_STATUS(back_to_queue(db, row, crashes));
    }
    ++recovered.count;
  }
  TRY_STATUS(ending.settle_dependents());
  recovered.ended = ending.take();
  return recovered;
}

}  // namespace diptych::sqlite
