#pragma once
#include <string_view>
#include <vector>

namespace diptych {

struct RawParameter {
  std::string_view key, value;  // the value with its quotes
};
// What A1111's pattern finds in a line, one after the other: \s*(\w[\w
// \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)
std::vector<RawParameter> scan_parameters(std::string_view line);

}  // namespace diptych
