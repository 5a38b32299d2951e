#include "jobs/pictures/run_progress.h"

#include <algorithm>

namespace diptych {
namespace {

constexpr double kNewShare = 0.3;      // of the latest step in the smoothed time of one
constexpr double kFractionMax = 0.99;  // until the files are there

}  // namespace

void RunProgress::phase(std::string_view name) {
  if (name != "drawing") stepped_at_.reset();
  if (told_.phase == name) return;
  told_.phase = name;
  context_.progress(told_);
}

void RunProgress::step(const DrawProgress& progress) {
  const Monotonic now = clock_.now();
  if (stepped_at_) {
    const double seconds = std::chrono::duration<double>(now - *stepped_at_).count();
    step_seconds_ =
        step_seconds_ ? (1 - kNewShare) * *step_seconds_ + kNewShare * seconds : seconds;
  }
  stepped_at_ = now;
  told_.phase = "drawing";
  told_.step = progress.step;
  told_.step_count = progress.step_count;
  const double one = static_cast<double>(progress.step) / std::max(1, progress.step_count);
  told_.fraction = std::min(
      kFractionMax, (progress.picture + one * progress.batch_size) / progress.picture_count);
  if (step_seconds_ && *step_seconds_ > 0) {
    const int pictures_after = progress.picture_count - progress.picture - progress.batch_size;
    const int batches_after = (pictures_after + progress.batch_size - 1) / progress.batch_size;
    const int steps_left =
        progress.step_count - progress.step + std::max(0, batches_after) * progress.step_count;
    told_.steps_per_second = 1 / *step_seconds_;
    told_.eta_ms = static_cast<std::int64_t>(1000 * *step_seconds_ * steps_left);
  }
  context_.progress(told_);
}

}  // namespace diptych
