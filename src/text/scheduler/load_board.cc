#include "text/scheduler/load_board.h"

#include <algorithm>

namespace diptych {

void LoadBoard::note_step(int token_count, Duration took) {
  if (took <= Duration::zero()) return;
  const double now = token_count / std::chrono::duration<double>(took).count();
  tokens_per_second_ = tokens_per_second_ == 0 ? now : 0.95 * tokens_per_second_ + 0.05 * now;
}

void LoadBoard::post(const SchedulerLoad& load, std::int64_t cost_waiting) {
  if (tokens_per_second_ > 0) {
    // Half of the queue's worst case: by then there is room again, and not everybody comes back in
    // the same second.
    const double wait_ms = 500 * static_cast<double>(cost_waiting) / tokens_per_second_;
    retry_after_ms_.store(static_cast<int>(std::clamp(wait_ms, 1000.0, 60'000.0)),
                          std::memory_order_relaxed);
  }
  MutexLock lock(mutex_);
  load_ = load;
}

SchedulerLoad LoadBoard::load() const {
  MutexLock lock(mutex_);
  return load_;
}

}  // namespace diptych
