#include "compute/backends/onednn/compute_thread.h"

#include <sys/resource.h>

namespace diptych::onednn {

ComputeThread::ComputeThread(int nice)
    : thread_([this, nice](const std::stop_token& stop) { loop(nice, stop); }) {}

ComputeThread::~ComputeThread() {
  thread_.request_stop();
  MutexLock lock(mutex_);
  changed_.notify_all();
}

void ComputeThread::run(const std::function<void()>& work) {
  MutexLock turn(turn_);
  MutexLock lock(mutex_);
  work_ = &work;
  changed_.notify_all();
  while (work_ != nullptr) changed_.wait(mutex_);
}

void ComputeThread::loop(int nice, const std::stop_token& stop) {
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice);  // on Linux, 0 is this thread
  MutexLock lock(mutex_);
  while (true) {
    while (work_ == nullptr && !stop.stop_requested()) changed_.wait(mutex_);
    if (work_ == nullptr) return;
    (*work_)();
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace diptych::onednn
