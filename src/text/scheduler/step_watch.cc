#include "text/scheduler/step_watch.h"

#include <fmt/format.h>

#include "base/log.h"

namespace diptych {
namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

StepWatch::StepWatch(Duration stall_max, const Clock& clock, Metrics& metrics)
    : stall_max_(stall_max),
      clock_(clock),
      stalls_(metrics.counter("diptych_text_stalls_total",
                              "Times the scheduler made no progress for text.step_stall_max.")),
      since_(clock.now()) {}

void StepWatch::begin(Work work, int token_count, int choice_count) {
  const Monotonic now = clock_.now();
  MutexLock lock(mutex_);
  if (reported_) log_warn("the scheduler goes on after {:.1f} s", in_seconds(now - since_));
  reported_ = false;
  work_ = work;
  token_count_ = token_count;
  choice_count_ = choice_count;
  since_ = now;
}

std::optional<std::string> StepWatch::stall(std::optional<Monotonic> oldest_arrival) {
  if (stall_max_ <= Duration::zero()) return std::nullopt;
  const Monotonic now = clock_.now();
  MutexLock lock(mutex_);
  Duration lasted = work_ == Work::kNothing ? Duration::zero() : now - since_;
  if (work_ == Work::kNothing && oldest_arrival) lasted = now - *oldest_arrival;
  if (lasted < stall_max_) return std::nullopt;
  std::string what = describe(lasted);
  if (!reported_) {
    reported_ = true;
    stalls_.add();
    log_error("no progress: {}", what);
  }
  return what;
}

std::string StepWatch::describe(Duration lasted) const {
  const double seconds = in_seconds(lasted);
  switch (work_) {
    case Work::kNothing:
      return fmt::format("a request has waited for {:.1f} s and nobody looked at it", seconds);
    case Work::kPlanning:
      return fmt::format("planning a step has taken {:.1f} s", seconds);
    case Work::kComputing:
      return fmt::format("a step of {} tokens for {} answers has been computed for {:.1f} s",
                         token_count_, choice_count_, seconds);
    case Work::kSampling:
      return fmt::format("drawing the tokens of {} answers has taken {:.1f} s", choice_count_,
                         seconds);
  }
  return {};
}

}  // namespace diptych
