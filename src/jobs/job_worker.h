#pragma once
// A thread that leases jobs, has its runner do them, and settles them. Private to jobs/.

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/mutex.h"
#include "jobs/job_events.h"
#include "jobs/job_queue.h"
#include "jobs/job_run.h"
#include "jobs/job_watch.h"

namespace diptych {

class WorkBell {  // wakes workers; safe from any thread
 public:
  void ring() EXCLUDES(mutex_);
  void close() EXCLUDES(mutex_);  // draining: nothing is started any more
  bool is_closed() const EXCLUDES(mutex_);
  std::uint64_t count() const EXCLUDES(mutex_);
  // Until it was rung after `count`, `longest` is over, or the worker is to stop.
  void wait(std::uint64_t count, Duration longest, const std::stop_token& stop) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar rung_;
  std::uint64_t count_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

struct WorkerParts {  // what the workers of a queue share
  JobServices services;
  Duration run_max;
  RunningJobs& running;
  WorkBell& bell;
  JobWatch& watch;
  JobMetrics& metrics;
};

class JobWorker {
 public:
  JobWorker(const WorkerParts& parts, std::unique_ptr<JobRunner> runner);
  JobRunner& runner() { return *runner_; }
  void request_stop() { thread_.request_stop(); }

 private:
  void work(const std::stop_token& stop);
  Result<std::optional<Lease>> lease();
  void run_job(Lease lease, const std::stop_token& stop);
  Result<JobResult> run_guarded(JobRun& run);
  void settle(const JobRun& run, Result<JobResult> result, const std::stop_token& stop);
  bool try_settle(const JobRun& run, const JobOutcome& outcome, const LedgerRow& bill);
  void give_up(const JobRun& run);

  const WorkerParts parts_;
  const std::unique_ptr<JobRunner> runner_;
  std::jthread thread_;  // last: it uses the above
};

}  // namespace diptych
