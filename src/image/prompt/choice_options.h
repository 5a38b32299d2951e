#pragma once
// The inside of {…}: how many options are taken, and which weigh what.

#include <string_view>
#include <vector>

namespace diptych {

struct ChoiceOption {
  std::string_view text;
  double share = 0;  // of the probability; shares need not add up to 1, one at least is above 0
};

struct Choice {
  int count_min = 1, count_max = 1;  // different options to take, at most as many as there are
  std::string_view separator = ", ";
  std::vector<ChoiceOption> options;  // empty: these braces are text
};

Choice parse_choice(std::string_view inside);

// Cut at every '|' that is in no bracket.
std::vector<std::string_view> split_options(std::string_view text);

}  // namespace diptych
