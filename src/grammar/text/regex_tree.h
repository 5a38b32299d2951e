#pragma once
// A regular expression after parsing, free of any dialect: classes are sets, flags are applied.

#include <cstdint>
#include <vector>

#include "grammar/text/code_point_set.h"

namespace diptych::grammar {

using RegexNodeId = std::uint32_t;

enum class RegexKind : std::uint8_t {
  kClass,
  kSequence,     // children; empty: the empty string
  kAlternation,  // children
  kRepeat,       // children[0], min to max times
  kLookAhead,    // children[0] matches from here on
  kLookBehind,   // children[0] matches and ends here
  kTextBegin,
  kTextEnd,
};

struct RegexNode {
  RegexKind kind = RegexKind::kSequence;
  bool negated = false;  // kLookAhead, kLookBehind
  bool asserts = false;  // it or something in it is kLookAhead or below
  std::uint32_t min = 0, max = 0;
  CodePointSet set;  // kClass
  std::vector<RegexNodeId> children;
};

struct RegexTree {
  std::vector<RegexNode> nodes;
  RegexNodeId root = 0;
};

}  // namespace diptych::grammar
