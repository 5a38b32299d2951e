#pragma once
// Notices that the scheduler thread makes no progress: it says what it begins, anyone may ask
// whether it has been at that for too long.

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"

namespace diptych {

class StepWatch {
 public:
  enum class Work : std::uint8_t { kNothing, kPlanning, kComputing, kSampling };

  // stall_max: longest time for one piece of work; zero: never too long. The clock and metrics
  // outlive this.
  StepWatch(Duration stall_max, const Clock& clock, Metrics& metrics);

  // Scheduler thread. kNothing: it rests, for as long as it likes.
  void begin(Work work, int token_count = 0, int choice_count = 0);

  // Any thread. What takes too long, in words; nullopt: all is well. The first caller to notice
  // writes it to the log and counts it. `oldest_arrival`: since when a request waits to be looked
  // at, which even a resting scheduler does at once.
  std::optional<std::string> stall(std::optional<Monotonic> oldest_arrival);

 private:
  std::string describe(Duration lasted) const REQUIRES(mutex_);

  const Duration stall_max_;
  const Clock& clock_;
  Counter& stalls_;
  Mutex mutex_;
  Work work_ GUARDED_BY(mutex_) = Work::kNothing;
  int token_count_ GUARDED_BY(mutex_) = 0;
  int choice_count_ GUARDED_BY(mutex_) = 0;
  Monotonic since_ GUARDED_BY(mutex_);
  bool reported_ GUARDED_BY(mutex_) = false;
};

}  // namespace diptych
