#include "app/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace diptych {
namespace {

constexpr Duration kFirstShow = std::chrono::milliseconds(150);  // quick work needs no bar
constexpr Duration kInterval = std::chrono::milliseconds(50);
constexpr int kWidth = 30;

}  // namespace

std::string progress_line(std::string_view label, double share, int width) {
  const double part = std::clamp(share, 0.0, 1.0);
  const int filled = static_cast<int>(part * width);
  return fmt::format("{} [{:=<{}}{:>{}}] {:3.0f} %", label, "", filled, "", width - filled,
                     part * 100);
}

ProgressBar::ProgressBar(std::string label, const Clock& clock)
    : label_(std::move(label)),
      clock_(clock),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(clock.now() + kFirstShow) {}

ProgressBar::~ProgressBar() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::show(double share) {
  if (!terminal_ || clock_.now() < next_) return;
  next_ = clock_.now() + kInterval;
  shown_ = true;
  fmt::print(stderr, "\r{}", progress_line(label_, share, kWidth));
  std::fflush(stderr);
}

}  // namespace diptych
