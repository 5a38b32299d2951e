// Bracketed classes: [a-z], and in Rust's dialect nested ones with && -- ~~ and [:alpha:].

#include <fmt/format.h>

#include <array>
#include <utility>

#include "grammar/text/regex_parser.h"
#include "grammar/text/unicode_classes.h"

namespace diptych::grammar {
namespace {

struct PosixClass {
  std::string_view name;
  std::string_view ranges;  // pairs: first, last
};

constexpr std::array kPosixClasses = {
    PosixClass{"alnum", "09AZaz"},
    PosixClass{"alpha", "AZaz"},
    PosixClass{"ascii", std::string_view("\0\x7F", 2)},
    PosixClass{"blank", "\t\t  "},
    PosixClass{"cntrl", std::string_view("\0\x1F\x7F\x7F", 4)},
    PosixClass{"digit", "09"},
    PosixClass{"graph", "!~"},
    PosixClass{"lower", "az"},
    PosixClass{"print", " ~"},
    PosixClass{"punct", "!/:@[`{~"},
    PosixClass{"space", "\t\r  "},
    PosixClass{"upper", "AZ"},
    PosixClass{"word", "09AZaz__"},
    PosixClass{"xdigit", "09AFaf"},
};

CodePointSet set_of(const PosixClass& row) {
  std::vector<CodePointRange> ranges;
  for (std::size_t i = 0; i < row.ranges.size(); i += 2) {
    ranges.push_back(
        {static_cast<unsigned char>(row.ranges[i]), static_cast<unsigned char>(row.ranges[i + 1])});
  }
  return CodePointSet(std::move(ranges));
}

}  // namespace

Compiled<CodePointSet> RegexParser::bracketed(int depth) {
  if (depth > depth_max_) {
    return unsupported(fmt::format("classes are nested more than {} deep", depth_max_));
  }
  eat(U'[');
  const bool negated = eat(U'^');
  TRY(CodePointSet set, class_items(depth));
  if (!is_ecma()) {
    for (;;) {  // all three bind looser than what stands between them, and to the left
      if (eat(U"&&")) {
        TRY(const CodePointSet other, class_items(depth));
        set = set & other;
      } else if (eat(U"--")) {
        TRY(const CodePointSet other, class_items(depth));
        set = set & other.complement();
      } else if (eat(U"~~")) {
        TRY(const CodePointSet other, class_items(depth));
        set = (set | other) & (set & other).complement();
      } else {
        break;
      }
    }
  }
  if (!eat(U']')) return malformed("a '[' without its ']'");
  return negated ? set.complement() : set;
}

Compiled<CodePointSet> RegexParser::class_items(int depth) {
  std::vector<CodePointRange> ranges;
  const auto add_set = [&](const CodePointSet& set) {
    ranges.insert(ranges.end(), set.ranges().begin(), set.ranges().end());
  };
  for (bool first = true;; first = false) {
    if (peek() == kEnd) return malformed("a '[' without its ']'");
    if (peek() == U']' && (is_ecma() || !first)) break;
    if (!is_ecma() && !first && peek() == peek(1) &&
        (peek() == U'&' || peek() == U'-' || peek() == U'~')) {
      break;
    }
    if (flags_.extended && (peek() == U' ' || (peek() >= U'\t' && peek() <= U'\r'))) {
      ++at_;
      continue;
    }
    TRY(ClassItem low, class_item(depth));
    const bool is_range =
        peek() == U'-' && peek(1) != U']' && peek(1) != kEnd && (is_ecma() || peek(1) != U'-');
    if (!is_range) {
      add_set(low.single ? CodePointSet::one(*low.single) : low.set);
      continue;
    }
    ++at_;
    TRY(ClassItem high, class_item(depth));
    if (low.single && high.single) {
      if (*low.single > *high.single) return malformed("a range is out of order");
      ranges.push_back({*low.single, *high.single});
      continue;
    }
    if (!is_ecma()) return malformed("a range of classes");
    add_set(low.single ? CodePointSet::one(*low.single) : low.set);  // annex B: [\w-.]
    add_set(CodePointSet::one(U'-'));
    add_set(high.single ? CodePointSet::one(*high.single) : high.set);
  }
  return folded(CodePointSet(std::move(ranges)));
}

Compiled<RegexParser::ClassItem> RegexParser::class_item(int depth) {
  if (peek() == U'\\') return escape(true);
  if (!is_ecma() && peek() == U'[') {
    TRY(auto posix, posix_class());
    if (posix) return ClassItem{.set = std::move(*posix)};
    TRY(CodePointSet nested, bracketed(depth + 1));
    return ClassItem{.set = std::move(nested)};
  }
  if (peek() == kEnd) return malformed("a '[' without its ']'");
  return ClassItem{.single = pattern_[at_++]};
}

Compiled<std::optional<CodePointSet>> RegexParser::posix_class() {
  if (peek(1) != U':') return std::nullopt;
  const std::size_t here = at_;
  at_ += 2;
  const bool negated = eat(U'^');
  std::string name;
  while (peek() >= U'a' && peek() <= U'z') name += static_cast<char>(pattern_[at_++]);
  if (!eat(U":]")) {
    at_ = here;
    return std::nullopt;
  }
  for (const PosixClass& row : kPosixClasses) {
    if (row.name == name) return negated ? set_of(row).complement() : set_of(row);
  }
  return malformed(fmt::format("unknown class [:{}:]", name));
}

CodePointSet RegexParser::folded(CodePointSet set) const {
  return flags_.ignore_case ? without_case(set) : set;
}

}  // namespace diptych::grammar
