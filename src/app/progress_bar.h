#pragma once
// One line on stderr that fills up. Shows nothing unless stderr is a terminal and the work takes a
// while.

#include <string>
#include <string_view>

#include "base/clock.h"

namespace diptych {

class ProgressBar {  // one thread
 public:
  ProgressBar(std::string label, const Clock& clock);
  ~ProgressBar();  // wipes the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(double share);  // 0 … 1; cheap to call often

 private:
  const std::string label_;
  const Clock& clock_;
  const bool terminal_;
  Monotonic next_;  // no earlier than this
  bool shown_ = false;
};

std::string progress_line(std::string_view label, double share, int width);

}  // namespace diptych
