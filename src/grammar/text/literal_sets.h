#pragma once
// Sorted lists of strings, read as tries without building one: a node of the trie is the range of
// strings that share a prefix of `depth` code points.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace diptych::grammar {

struct LiteralRange {  // strings [first, last) of a list, which share their first `depth` code
                       // points
  std::uint32_t list = 0, first = 0, last = 0, depth = 0;
  friend bool operator==(const LiteralRange&, const LiteralRange&) = default;
};

class LiteralSets {
 public:
  LiteralRange add(std::vector<std::u32string> strings);  // in any order; repeats are dropped

  // The strings of the range that go on with the code point; empty (first == last) when none does.
  LiteralRange next(const LiteralRange& range, char32_t code_point) const;
  bool accepts_end(const LiteralRange& range) const;
  std::vector<char32_t> first_code_points(const LiteralRange& range) const;  // ascending
  struct Lengths {
    std::uint32_t min = 0, max = 0;
  };
  Lengths lengths(const LiteralRange& range) const;     // of what is left, in code points
  std::uint64_t hash(const LiteralRange& range) const;  // of what is left: by content
  const std::vector<std::u32string>& strings(std::uint32_t list) const {
    return lists_[list].strings;
  }
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct List {
    std::vector<std::u32string> strings;
    std::vector<std::vector<std::uint64_t>> suffix_hashes;  // [string][depth]
  };
  std::vector<List> lists_;
  std::size_t memory_bytes_ = 0;
};

}  // namespace diptych::grammar
