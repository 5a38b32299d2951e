#include "image/prompt/warnings.h"

#include <algorithm>
#include <utility>

namespace diptych {

void add_warning(Warnings& warnings, Warning warning) {
  constexpr std::size_t kCountMax = 64;
  if (warnings.size() > kCountMax) return;
  const bool said = std::ranges::any_of(warnings, [&](const Warning& other) {
    return other.message == warning.message && other.param == warning.param;
  });
  if (said) return;
  if (warnings.size() == kCountMax) warning.message = "further warnings are left out";
  warnings.push_back(std::move(warning));
}

}  // namespace diptych
