#pragma once
// The lengths of a plain term's strings, exactly, up to a horizon: whether a pattern with gaps (an
// even number of digits) can meet bounds on length.

#include <bitset>
#include <cstddef>
#include <unordered_map>

#include "grammar/text/term_table.h"

namespace diptych::grammar {

class TermLengths {
 public:
  static constexpr std::size_t kHorizon = 4096;
  explicit TermLengths(const TermTable& terms) : terms_(terms) {}

  using Lengths = std::bitset<kHorizon + 1>;
  const Lengths& of(TermId plain);
  void trim();  // forgets what is known when that is much; invalidates what of() gave

 private:
  Lengths compute(TermId id);
  Lengths repeated(const Lengths& body, std::uint32_t min, std::uint32_t max);

  const TermTable& terms_;
  std::unordered_map<TermId, Lengths> known_;
};

}  // namespace diptych::grammar
