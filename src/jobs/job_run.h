#pragma once
// One attempt at one job, as its worker, the watch and handlers see it. Private to jobs/.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/job_store.h"

namespace diptych {

enum class StopReason : std::uint8_t { kNone, kCancelled, kExpired, kLeaseLost, kShutdown };

class JobRun {  // safe from any thread
 public:
  JobRun(Lease lease, std::optional<Monotonic> deadline);

  const Lease& lease() const { return lease_; }
  const Job& job() const { return lease_.job; }
  std::optional<Monotonic> deadline() const { return deadline_; }

  void stop(StopReason reason) EXCLUDES(mutex_);  // the first reason stays
  StopReason stop_reason() const EXCLUDES(mutex_);
  std::stop_token stop_token() const { return source_.get_token(); }

  void set_progress(const JobProgress& progress) EXCLUDES(mutex_);
  JobProgress progress() const EXCLUDES(mutex_);
  void want_skip() EXCLUDES(mutex_);
  bool take_skip() EXCLUDES(mutex_);

 private:
  const Lease lease_;
  const std::optional<Monotonic> deadline_;
  std::stop_source source_;
  mutable Mutex mutex_;
  StopReason reason_ GUARDED_BY(mutex_) = StopReason::kNone;
  JobProgress progress_ GUARDED_BY(mutex_);
  bool skip_wanted_ GUARDED_BY(mutex_) = false;
};

class RunningJobs {  // safe from any thread
 public:
  void add(std::shared_ptr<JobRun> run) EXCLUDES(mutex_);
  void remove(const JobRun& run) EXCLUDES(mutex_);
  std::shared_ptr<JobRun> find(std::string_view id) const EXCLUDES(mutex_);  // nullptr: not here
  std::vector<std::shared_ptr<JobRun>> all() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<JobRun>, std::less<>> runs_ GUARDED_BY(mutex_);
};

}  // namespace diptych
