#include "jobs/job_run.h"

#include <utility>

namespace diptych {

JobRun::JobRun(Lease lease, std::optional<Monotonic> deadline)
    : lease_(std::move(lease)), deadline_(deadline), progress_(lease_.job.progress) {}

void JobRun::stop(StopReason reason) {
  {
    const MutexLock lock(mutex_);
    if (reason_ == StopReason::kNone) reason_ = reason;
  }
  source_.request_stop();
}

StopReason JobRun::stop_reason() const {
  const MutexLock lock(mutex_);
  return reason_;
}

void JobRun::set_progress(const JobProgress& progress) {
  const MutexLock lock(mutex_);
  progress_ = progress;
}

JobProgress JobRun::progress() const {
  const MutexLock lock(mutex_);
  return progress_;
}

void JobRun::want_skip() {
  const MutexLock lock(mutex_);
  skip_wanted_ = true;
}

bool JobRun::take_skip() {
  const MutexLock lock(mutex_);
  return std::exchange(skip_wanted_, false);
}

void RunningJobs::add(std::shared_ptr<JobRun> run) {
  const MutexLock lock(mutex_);
  const std::string id = run->job().id;
  runs_.insert_or_assign(id, std::move(run));
}

void RunningJobs::remove(const JobRun& run) {
  const MutexLock lock(mutex_);
  runs_.erase(run.job().id);
}

std::shared_ptr<JobRun> RunningJobs::find(std::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<JobRun>> RunningJobs::all() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<JobRun>> all;
  all.reserve(runs_.size());
  for (const auto& [id, run] : runs_) all.push_back(run);
  return all;
}

}  // namespace diptych
