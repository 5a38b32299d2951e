#pragma once
// Finds stop strings in a stream of bytes, one byte at a time, and says how much of the end could
// still become one (Knuth, Morris, Pratt 1977; one automaton per string). O(strings) per byte,
// amortised.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diptych {

class StopMatcher {
 public:
  explicit StopMatcher(std::span<const std::string> stops);

  // The stop that this byte completes; of several the longest.
  std::optional<std::size_t> push(char byte);
  std::size_t held() const;  // bytes at the end that begin some stop: no match can start earlier
  const std::string& stop(std::size_t index) const { return patterns_[index].text; }

 private:
  struct Pattern {
    std::string text;
    std::vector<std::size_t> fallback;  // by matched length: the next shorter border
    std::size_t matched = 0;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace diptych
