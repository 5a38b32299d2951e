#pragma once
// Time is injected, so that tests never sleep.

#include <chrono>
#include <cstdint>

namespace diptych {

using Duration = std::chrono::nanoseconds;
using Monotonic = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {  // safe from any thread
 public:
  virtual ~Clock() = default;
  virtual Monotonic now() const = 0;
  virtual std::int64_t unix_ms() const = 0;  // wall clock, milliseconds since 1970
  std::int64_t unix_seconds() const { return unix_ms() / 1000; }
};

const Clock& system_clock();  // stateless

class ManualClock final : public Clock {  // for tests; advance() from one thread only
 public:
  Monotonic now() const override { return now_; }
  std::int64_t unix_ms() const override { return unix_ms_; }
  void advance(Duration by) {
    now_ += by;
    unix_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }

 private:
  Monotonic now_{};
  std::int64_t unix_ms_ = 1'790'000'000'000;
};

}  // namespace diptych
