#include "jobs/job_worker.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/log.h"
#include "jobs/run_context.h"

namespace diptych {
namespace {

// Nothing but bell and stop wakes a worker; this is for what becomes due without them.
constexpr Duration kIdleMax = std::chrono::seconds(30);
constexpr Duration kDiskRetry = std::chrono::seconds(1);

JobOutcome failed(JobState state, Error error) {
  JobOutcome outcome;
  outcome.state = state;
  outcome.error = std::move(error);
  return outcome;
}

JobOutcome cancelled_outcome() {
  return failed(JobState::kCancelled, {.code = ErrorCode::kCancelled,
                                       .message = "The job was cancelled.",
                                       .param = {},
                                       .detail = {}});
}

JobOutcome expired_outcome(const Job& job) {
  const std::string limit = job.spec.timeout_ms
                                ? fmt::format("its timeout of {} ms", *job.spec.timeout_ms)
                                : "the time that a job may run";
  return failed(JobState::kExpired, {.code = ErrorCode::kTimeout,
                                     .message = fmt::format("The job ran longer than {}.", limit),
                                     .param = {},
                                     .detail = {}});
}

JobOutcome outcome_of(const JobRun& run, const Result<JobResult>& result) {
  if (run.stop_reason() == StopReason::kCancelled) return cancelled_outcome();
  if (result) {
    JobOutcome outcome;
    outcome.outputs = result->outputs;
    outcome.warnings = result->warnings;
    return outcome;
  }
  if (run.stop_reason() == StopReason::kExpired) return expired_outcome(run.job());
  return failed(JobState::kFailed, result.error());
}

LedgerRow bill_of(const Job& job, const Result<JobResult>& result) {
  LedgerRow bill;
  if (result) bill = result->bill;
  bill.owner = job.spec.owner;
  bill.model = job.spec.model;
  bill.kind = name_of(job.spec.kind);
  return bill;
}

}  // namespace

void WorkBell::ring() {
  {
    const MutexLock lock(mutex_);
    ++count_;
  }
  rung_.notify_all();
}

void WorkBell::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

bool WorkBell::is_closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

std::uint64_t WorkBell::count() const {
  const MutexLock lock(mutex_);
  return count_;
}

void WorkBell::wait(std::uint64_t count, Duration longest, const std::stop_token& stop) {
  MutexLock lock(mutex_);
  rung_.wait_for(mutex_, stop, longest, [&]() REQUIRES(mutex_) { return count_ != count; });
}

JobWorker::JobWorker(const WorkerParts& parts, std::unique_ptr<JobRunner> runner)
    : parts_(parts),
      runner_(std::move(runner)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void JobWorker::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t count = parts_.bell.count();  // before the look: a ring after it counts
    Result<std::optional<Lease>> leased = lease();
    if (!leased) log_error("No job can be started: {}", leased.error().message);
    if (leased && *leased) {
      run_job(**std::move(leased), stop);
    } else {
      parts_.bell.wait(count, leased ? kIdleMax : kDiskRetry, stop);
    }
  }
}

Result<std::optional<Lease>> JobWorker::lease() {
  if (parts_.bell.is_closed()) return std::nullopt;
  return parts_.services.store.lease(runner_->kinds());
}

void JobWorker::run_job(Lease lease, const std::stop_token& stop) {
  const Job& job = lease.job;
  std::optional<Monotonic> deadline;
  const Duration longest =
      job.spec.timeout_ms ? std::chrono::milliseconds(*job.spec.timeout_ms) : parts_.run_max;
  if (longest > Duration::zero()) deadline = parts_.services.clock.now() + longest;
  const auto run = std::make_shared<JobRun>(std::move(lease), deadline);
  parts_.running.add(run);
  parts_.metrics.started(run->job());
  parts_.watch.note_change();
  parts_.services.feed.publish(event_of(run->job()));
  // Whoever cancelled it before add() found no run to stop, but left a mark.
  const Status mark = parts_.services.store.heartbeat(run->lease(), run->progress());
  if (!mark && mark.error().code == ErrorCode::kCancelled) run->stop(StopReason::kCancelled);
  if (!mark && mark.error().code == ErrorCode::kConflict) run->stop(StopReason::kLeaseLost);
  if (stop.stop_requested()) run->stop(StopReason::kShutdown);
  settle(*run, run_guarded(*run), stop);
  parts_.running.remove(*run);
  parts_.metrics.rested(run->job());
  parts_.watch.note_change();
  parts_.bell.ring();  // others may have waited for this job
}

Result<JobResult> JobWorker::run_guarded(JobRun& run) {
  if (run.stop_token().stop_requested())
    return fail(ErrorCode::kCancelled, "The job was stopped before it began.");
  RunContext context(parts_.services, run);
  try {
    return runner_->run(run.job(), context);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal,
                fmt::format("The job ended in an exception: {}", error.what()));
  } catch (...) {
    return fail(ErrorCode::kInternal, "The job ended in an exception of unknown type.");
  }
}

// What ended is written until the disk takes it: until then it could be done twice.
void JobWorker::settle(const JobRun& run, Result<JobResult> result, const std::stop_token& stop) {
  if (run.stop_reason() == StopReason::kLeaseLost) return;
  if (run.stop_reason() == StopReason::kShutdown && !result) return give_up(run);
  const LedgerRow bill = bill_of(run.job(), result);
  const JobOutcome outcome = outcome_of(run, result);
  while (!try_settle(run, outcome, bill) && !stop.stop_requested())
    parts_.bell.wait(parts_.bell.count(), kDiskRetry, stop);
}

bool JobWorker::try_settle(const JobRun& run, const JobOutcome& outcome, const LedgerRow& bill) {
  JobStore& store = parts_.services.store;
  Result<std::vector<Job>> ended = store.finish(run.lease(), outcome, bill);
  // It was cancelled in its last moment: that is how it ends, and what it used is billed.
  if (!ended && ended.error().code == ErrorCode::kConflict && outcome.state == JobState::kSucceeded)
    ended = store.finish(run.lease(), cancelled_outcome(), bill);
  if (ended) {
    for (const Job& job : *ended) {
      parts_.metrics.ended(job);
      parts_.services.feed.publish(event_of(job));
    }
    return true;
  }
  if (ended.error().code == ErrorCode::kConflict) {
    log_error("Job {} was settled by somebody else: {}", run.job().id, ended.error().message);
    return true;
  }
  log_error("Job {} has ended but cannot be written: {}", run.job().id, ended.error().message);
  return false;
}

void JobWorker::give_up(const JobRun& run) {
  if (const Status status = parts_.services.store.give_up(run.lease()); !status)
    log_error("Job {} goes on after a start as after a crash: {}", run.job().id,
              status.error().message);
}

}  // namespace diptych
