#include "text/scheduler/stop_matcher.h"

#include <algorithm>

namespace diptych {

StopMatcher::StopMatcher(std::span<const std::string> stops) {
  for (const std::string& stop : stops) {
    Pattern pattern{
        .text = stop, .fallback = std::vector<std::size_t>(stop.size() + 1, 0), .matched = 0};
    std::size_t border = 0;
    for (std::size_t i = 1; i < stop.size(); ++i) {
      while (border > 0 && stop[i] != stop[border]) border = pattern.fallback[border];
      if (stop[i] == stop[border]) ++border;
      pattern.fallback[i + 1] = border;
    }
    patterns_.push_back(std::move(pattern));
  }
}

std::optional<std::size_t> StopMatcher::push(char byte) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    Pattern& pattern = patterns_[i];
    while (pattern.matched > 0 && pattern.text[pattern.matched] != byte)
      pattern.matched = pattern.fallback[pattern.matched];
    if (pattern.text[pattern.matched] == byte) ++pattern.matched;
    if (pattern.matched < pattern.text.size()) continue;
    pattern.matched = pattern.fallback[pattern.matched];
    if (!found || pattern.text.size() > patterns_[*found].text.size()) found = i;
  }
  return found;
}

std::size_t StopMatcher::held() const {
  std::size_t most = 0;
  for (const Pattern& pattern : patterns_) most = std::max(most, pattern.matched);
  return most;
}

}  // namespace diptych
