#pragma once
// Prompts that change while a picture is drawn: [from:to:when] and [a|b].

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

enum class ScheduleRule {
  kPointIsFraction,  // "0.5" and "1.0" are fractions of the steps, "5" is a step (A1111 since 1.6)
  kBelowOneIsFraction,  // 0.5 is a fraction, 5 and 5.0 are steps (SD.Next; A1111's older rule)
};

struct PromptScheduleOptions {
  int steps = 1;  // of this pass
  // Steps of the first pass when this is the second one (hires), else 0. With kPointIsFraction
  // steps then count on from there, and fractions from 1.0 to 2.0.
  int base_steps = 0;
  ScheduleRule rule = ScheduleRule::kPointIsFraction;
  std::string_view param = "prompt";
};

struct ScheduledText {
  int last_step = 0;  // 1-based: valid up to and including this step
  std::string text;
};

struct PromptSchedule {
  std::vector<ScheduledText> entries;  // ascending; the last one ends at `steps`
  Warnings warnings;
};

// Emphasis stays as text. A prompt that does not parse (a | outside brackets) is used unchanged for
// all steps, with a warning if it looks scheduled. Errors (kInvalidArgument): steps, depth or the
// texts' total size beyond the limits.
Result<PromptSchedule> schedule_prompt(std::string_view text, const PromptScheduleOptions& options);

}  // namespace diptych
