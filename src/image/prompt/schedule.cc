#include "image/prompt/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "image/prompt/limits.h"
#include "image/prompt/schedule_tree.h"

namespace diptych {
namespace {

// The number as a last step of this pass; below 1: the switch lies before its first step.
int step_of(std::string_view number, const PromptScheduleOptions& options) {
  double value = 0;
  const std::string_view digits = number.substr(number.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {  // huge, or as good as 0
    return number.find("e-") == std::string_view::npos && !number.starts_with('-') ? options.steps
                                                                                   : 0;
  }
  const bool second = options.base_steps > 0;
  if (options.rule == ScheduleRule::kBelowOneIsFraction) {
    if (value < 1) value *= options.steps;
  } else if (number.find('.') != std::string_view::npos) {
    value = (value - (second ? 1 : 0)) * options.steps;
  } else {
    value -= options.base_steps;
  }
  return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(options.steps)));
}

std::set<int> last_steps(ScheduleTree& tree, const PromptScheduleOptions& options) {
  std::set<int> result = {options.steps};
  bool alternates = false;
  for (ScheduleNode& node : tree.nodes) {
    alternates |= node.kind == ScheduleNode::Kind::kAlternate;
    if (node.kind != ScheduleNode::Kind::kScheduled) continue;
    node.when = step_of(node.text, options);
    if (node.when >= 1) result.insert(node.when);
  }
  for (int step = 1; alternates && step <= options.steps; ++step) result.insert(step);
  return result;
}

PromptSchedule unchanged(std::string_view text, const PromptScheduleOptions& options) {
  PromptSchedule schedule{.entries = {{options.steps, std::string(text)}}, .warnings = {}};
  if (text.find('[') != std::string_view::npos) {
    schedule.warnings.push_back(
        {std::string(options.param),
         "a '|' or a last '\\' outside brackets: schedules and alternations are read as text"});
  }
  return schedule;
}

}  // namespace

Result<PromptSchedule> schedule_prompt(std::string_view text,
                                       const PromptScheduleOptions& options) {
  if (options.steps < 1 || options.steps > kScheduleStepsMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps; 1 to {} are possible", options.steps, kScheduleStepsMax),
                "steps");
  }
  TRY(std::optional<ScheduleTree> tree, parse_schedule(text, options.param));
  if (!tree) return unchanged(text, options);
  PromptSchedule schedule;
  std::size_t size = 0;
  for (const int step : last_steps(*tree, options)) {
    std::string at_step;
    tree->append_at(tree->root, step, at_step);
    size += at_step.size();
    if (size > kScheduleBytesMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the texts of all steps exceed {} bytes", kScheduleBytesMax),
                  std::string(options.param));
    }
    schedule.entries.push_back({step, std::move(at_step)});
  }
  return schedule;
}

}  // namespace diptych
