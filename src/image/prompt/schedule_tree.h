#pragma once
// The grammar behind schedule.h as a tree.
//
//   start      := ( prompt | any of ][():  )*
//   prompt     := ( emphasized | scheduled | alternate | plain )*
//   emphasized := "(" prompt ")" | "(" prompt ":" prompt ")" | "[" prompt "]"
//   scheduled  := "[" [ prompt ":" ] prompt ":" number "]"
//   alternate  := "[" prompt ( "|" prompt )+ "]"
//   plain      := ( any character except \ [ ] ( ) : |   or   \ and any character )+
//
// A bracket that begins a construct is that construct, else it is text.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

struct ScheduleNode {
  enum class Kind { kText, kSequence, kScheduled, kAlternate };
  Kind kind = Kind::kText;
  std::string_view text;      // kText; kScheduled: the number as written
  std::vector<int> children;  // kScheduled: before, after
  int when = 0;               // kScheduled: last step of `before`; the caller fills it in
};

struct ScheduleTree {
  std::vector<ScheduleNode> nodes;
  int root = 0;

  void append_at(int node, int step, std::string& text) const;  // `step` is 1-based
};

// Nothing where the text does not parse. Views point into `text`. Error: nesting beyond the limit.
Result<std::optional<ScheduleTree>> parse_schedule(std::string_view text, std::string_view param);

}  // namespace diptych
