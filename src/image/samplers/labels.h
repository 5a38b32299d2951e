#pragma once
// Names of solvers and schedules as people and programs write them.

#include <span>
#include <string>
#include <string_view>

namespace diptych {

// Equal but for the case of letters.
bool same_label(std::string_view a, std::string_view b);

// For an error: "; did you mean 'Euler', 'Euler a'?", or nothing when no name is near.
std::string suggestion(std::string_view text, std::span<const std::string_view> names);

}  // namespace diptych
