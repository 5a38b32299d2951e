#pragma once
// Sets of 64-bit hashes that only grow, by insertion, and share their past: for keys already used
// and items already seen. Inserting into a set of n costs O(log n) amortised, in time and in space.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace diptych::grammar {

using HashSetId = std::uint32_t;  // 0: empty

class HashSets {
 public:
  HashSets();
  bool contains(HashSetId set, std::uint64_t hash) const;
  HashSetId insert(HashSetId set, std::uint64_t hash);
  std::uint32_t size(HashSetId set) const { return sets_[set].size; }
  std::uint64_t content(HashSetId set) const { return sets_[set].content; }  // without order
  std::vector<std::uint64_t> elements(HashSetId set) const;
  std::size_t memory_bytes() const;

 private:
  // Sorted runs with sizes of falling powers of two, as in a binary counter; a set's first run and
  // the set of the others.
  struct Set {
    std::uint32_t run_begin = 0, run_size = 0;
    HashSetId others = 0;
    std::uint32_t size = 0;
    std::uint64_t content = 0;
  };

  std::vector<Set> sets_;
  std::vector<std::uint64_t> runs_;
  std::unordered_map<std::uint64_t, std::vector<std::pair<HashSetId, HashSetId>>> inserted_;
};

}  // namespace diptych::grammar
