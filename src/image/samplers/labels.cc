#include "image/samplers/labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace diptych {
namespace {

constexpr std::size_t kSuggestionsMax = 3;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Levenshtein's distance, letters of either case being equal.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

bool same_label(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string suggestion(std::string_view text, std::span<const std::string_view> names) {
  constexpr std::size_t kTextMax = 64;  // longer texts are near nothing
  if (text.size() > kTextMax) return {};
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string_view name : names) {
    const std::size_t far = distance(text, name);
    if (far <= std::max<std::size_t>(name.size() / 3, 2)) near.emplace_back(far, name);
  }
  std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string_view>::first);
  if (near.empty()) return {};
  std::vector<std::string> quoted;
  for (const auto& [far, name] : near) {
    if (quoted.size() < kSuggestionsMax) quoted.push_back(fmt::format("'{}'", name));
  }
  return fmt::format("; did you mean {}?", fmt::join(quoted, ", "));
}

}  // namespace diptych
