#pragma once
// How busy the scheduler is, written after every step and read from any thread without waiting for
// one.

#include <atomic>

#include "base/clock.h"
#include "base/mutex.h"
#include "text/scheduler/scheduler.h"

namespace diptych {

class LoadBoard {
 public:
  // Scheduler thread.
  void note_step(int token_count, Duration took);
  void post(const SchedulerLoad& load, std::int64_t cost_waiting);  // cost: tokens, worst case

  // Any thread.
  SchedulerLoad load() const;
  int retry_after_ms() const { return retry_after_ms_.load(std::memory_order_relaxed); }

 private:
  double tokens_per_second_ = 0;  // smoothed
  std::atomic<int> retry_after_ms_ = 1000;
  mutable Mutex mutex_;
  SchedulerLoad load_ GUARDED_BY(mutex_);
};

}  // namespace diptych
