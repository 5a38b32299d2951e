#pragma once
// Byte-pair encoding (Sennrich et al. 2016) on ids: of all neighbours that may merge, the pair of
// the lowest rank merges first, the leftmost among equals, until none is left.

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace diptych {

struct BytePairMerge {
  int left = 0, right = 0, merged = 0;
  friend bool operator==(const BytePairMerge&, const BytePairMerge&) = default;
};

class BytePairMerges {
 public:
  BytePairMerges() = default;
  explicit BytePairMerges(std::span<const BytePairMerge> by_rank);

  // Merges the pieces of one word in place. n log n in their number; const and thread-safe.
  void apply(std::vector<int>& pieces) const;

 private:
  struct Target {
    int rank, merged;
  };
  struct Candidate;
  class Word;

  const Target* find(int left, int right) const;

  std::unordered_map<std::uint64_t, Target> targets_;  // by left << 32 | right
};

}  // namespace diptych
