#pragma once
// Whether a term has any string at all. Plain terms always have; others are decided by a search
// over derivatives that goes first to what promises the shortest way to an end.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "grammar/text/term_lengths.h"
#include "grammar/text/term_table.h"

namespace diptych::grammar {

class TermSearch {
 public:
  TermSearch(TermTable& terms, const Limits& limits)
      : terms_(terms), lengths_(terms), steps_max_(limits.search_steps_max) {}

  // False also when the search was given up; those are counted.
  bool has_strings(TermId id);
  // derive, where a rest without strings is kNone.
  TermId next(TermId id, char32_t code_point);
  // Length of the shortest string; kUnbounded: none, or not found within the budget.
  std::uint32_t shortest(TermId id);
  std::uint64_t refused_count() const { return refused_count_; }
  std::size_t memory_bytes() const { return alive_.size(); }

 private:
  enum class Fate : std::uint8_t { kUnknown, kAlive, kDead };
  struct Visit {
    TermId term = 0;
    std::uint32_t parent = 0;  // index of the visit it came from
  };

  Fate quick_fate(TermId id);
  Fate both_fate(TermId id);
  bool search(TermId id);
  void settle(TermId id, Fate fate);
  Fate fate_of(TermId id) const { return id < alive_.size() ? alive_[id] : Fate::kUnknown; }

  TermTable& terms_;
  TermLengths lengths_;
  std::size_t steps_max_;
  std::vector<Fate> alive_;  // by term
  std::uint64_t refused_count_ = 0;
};

}  // namespace diptych::grammar
