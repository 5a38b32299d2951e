#include "store/sqlite/job_submit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/rng.h"
#include "store/sqlite/job_rows.h"

namespace diptych::sqlite {
namespace {

constexpr int kDependenciesMax = 64;
constexpr std::int64_t kRetryMinMs = 1000;
constexpr std::int64_t kRetryMaxMs = 600'000;
constexpr std::int64_t kTypicalRunMs = 30'000;  // while nothing has run yet
constexpr int kRecentJobs = 20;                 // that tell how long one takes

// --- has it been here before? -------------------------------------------------------------------

Result<std::optional<JobRow>> find_earlier(Connection& db, const NewJob& job) {
  std::string id;
  {
    TRY(auto select, db.prepare("SELECT id FROM jobs WHERE owner = ? AND idempotency_key = ?"));
    TRY(const bool found, select.bind(job.owner).bind(job.idempotency_key).step());
    if (!found) return std::optional<JobRow>();
    id = select.text(0);
  }
  return find_job(db, id);
}

bool asks_the_same(const NewJob& a, const NewJob& b) {
  return a.kind == b.kind && a.model == b.model && a.request == b.request &&
         a.depends_on == b.depends_on;
}

// --- is there room? -----------------------------------------------------------------------------

Result<std::int64_t> count_queued(Connection& db) {
  TRY(auto select, db.prepare("SELECT count(*) FROM jobs WHERE state = 'queued'"));
  TRY(const bool row, select.step());
  return row ? select.integer(0) : 0;
}

Result<std::int64_t> count_queued_of(Connection& db, std::string_view owner) {
  TRY(auto select, db.prepare("SELECT count(*) FROM jobs WHERE state = 'queued' AND owner = ?"));
  TRY(const bool row, select.bind(owner).step());
  return row ? select.integer(0) : 0;
}

Result<std::int64_t> count_waiting_owners(Connection& db) {
  TRY(auto select, db.prepare("SELECT count(DISTINCT owner) FROM jobs WHERE state = 'queued'"));
  TRY(const bool row, select.step());
  return row ? select.integer(0) : 0;
}

// Time from one end to the next while the queue is busy: what ran lately, the latest first.
Result<std::int64_t> typical_run_ms(Connection& db, JobKind kind) {
  TRY(auto select, db.prepare("SELECT coalesce(avg(finished_ms - started_ms), -1) FROM "
                              "(SELECT started_ms, finished_ms FROM jobs WHERE kind = ? AND "
                              "finished_ms IS NOT NULL AND started_ms IS NOT NULL "
                              "ORDER BY finished_ms DESC LIMIT ?)"));
  TRY(const bool row, select.bind(name_of(kind)).bind(std::int64_t{kRecentJobs}).step());
  const std::int64_t average = row ? select.integer(0) : -1;
  return average < 0 ? kTypicalRunMs : average;
}

std::unexpected<Error> overloaded(std::string message, std::int64_t retry_ms) {
  Error error{.code = ErrorCode::kOverloaded,
              .message = std::move(message),
              .param = {},
              .detail = "queue_full",
              .retry_after_ms = static_cast<int>(std::clamp(retry_ms, kRetryMinMs, kRetryMaxMs))};
  return fail(std::move(error));
}

Status check_room(Connection& db, const NewJob& job, const QueueLimits& limits) {
  TRY(const std::int64_t queued, count_queued(db));
  if (queued >= limits.queued_max) {
    TRY(const std::int64_t run_ms, typical_run_ms(db, job.kind));
    return overloaded(
        fmt::format("The queue is full: {} jobs wait; the limit is {}.", queued, limits.queued_max),
        run_ms);
  }
  TRY(const std::int64_t own, count_queued_of(db, job.owner));
  if (own < limits.queued_per_owner_max) return {};
  TRY(const std::int64_t run_ms, typical_run_ms(db, job.kind));
  TRY(const std::int64_t owners, count_waiting_owners(db));
  return overloaded(fmt::format("{} of your jobs wait; the limit for one key is {}.", own,
                                limits.queued_per_owner_max),
                    run_ms * owners);  // owners take turns
}

// --- what it needs ------------------------------------------------------------------------------

// How many of them have not succeeded yet. One that never will is refused here.
Result<std::int64_t> count_open_needs(Connection& db, const NewJob& job) {
  if (std::cmp_greater(job.depends_on.size(), kDependenciesMax))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("A job can depend on {} others at most, not {}.", kDependenciesMax,
                            job.depends_on.size()),
                "depends_on");
  std::int64_t open = 0;
  for (const std::string& id : std::set(job.depends_on.begin(), job.depends_on.end())) {
    TRY(const std::optional<JobRow> needed, find_job(db, id));
    if (!needed || needed->job.spec.owner != job.owner)
      return fail(ErrorCode::kNotFound, fmt::format("There is no job '{}' to depend on.", id),
                  "depends_on");
    const JobState state = needed->job.state;
    if (is_final(state) && state != JobState::kSucceeded)
      return fail(ErrorCode::kConflict,
                  fmt::format("Job {} {}: nothing can depend on it.", id,
                              state == JobState::kFailed ? "has failed" : name_of(state)),
                  "depends_on");
    if (!is_final(state)) ++open;
  }
  return open;
}

Status check_blobs(const NewJob& job, SqliteBlobStore& blobs) {
  for (const std::string& hash : job.blobs) TRY_STATUS(blobs.size_of(hash));
  return {};
}

// --- in it goes ---------------------------------------------------------------------------------

Result<std::int64_t> insert_job(Connection& db, const Job& job, std::int64_t open_needs) {
  TRY(auto insert,
      db.prepare(
          "INSERT INTO jobs (id, owner, kind, model, request, priority, idempotency_key, "
          "timeout_ms, cost, state, waits_for, cancel_wanted, attempts, crashes, created_ms) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, 0, 0, 0, ?) RETURNING number"));
  const NewJob& spec = job.spec;
  insert.bind(job.id).bind(spec.owner).bind(name_of(spec.kind)).bind(spec.model);
  insert.bind(spec.request).bind(static_cast<std::int64_t>(spec.priority));
  insert.bind_or_null(spec.idempotency_key).bind(spec.timeout_ms).bind(spec.cost);
  TRY(const bool row, insert.bind(open_needs).bind(job.created_ms).step());
  return row ? insert.integer(0) : 0;
}

Status insert_parts(Connection& db, std::int64_t number, const NewJob& job) {
  for (std::size_t i = 0; i < job.depends_on.size(); ++i) {
    TRY(auto insert, db.prepare("INSERT INTO job_needs VALUES (?, ?, ?)"));
    insert.bind(number).bind(static_cast<std::int64_t>(i)).bind(job.depends_on[i]);
    TRY_STATUS(insert.run());
  }
  for (const std::string& hash : job.blobs) {
    TRY(auto insert, db.prepare("INSERT OR IGNORE INTO job_blobs VALUES (?, 'input', ?)"));
    TRY_STATUS(insert.bind(number).bind(hash).run());
  }
  return {};
}

}  // namespace

Result<Submitted> submit_job(Connection& db, const NewJob& job, const QueueLimits& limits,
                             SqliteBlobStore& blobs, const Clock& clock) {
  if (!job.idempotency_key.empty()) {
    TRY(std::optional<JobRow> earlier, find_earlier(db, job));
    if (earlier && !asks_the_same(earlier->job.spec, job))
      return fail(ErrorCode::kConflict,
                  fmt::format("The idempotency key '{}' was used for another request.",
                              job.idempotency_key),
                  "idempotency_key");
    if (earlier) return Submitted{.job = std::move(earlier->job), .is_new = false};
  }
  TRY_STATUS(check_room(db, job, limits));
  TRY(const std::int64_t open_needs, count_open_needs(db, job));
  TRY_STATUS(check_blobs(job, blobs));
  Submitted submitted;
  submitted.job.id = random_id("job_");
  submitted.job.spec = job;
  submitted.job.created_ms = clock.unix_ms();
  submitted.job.progress.phase = name_of(JobState::kQueued);
  TRY(const std::int64_t number, insert_job(db, submitted.job, open_needs));
  TRY_STATUS(insert_parts(db, number, job));
  return submitted;
}

}  // namespace diptych::sqlite
