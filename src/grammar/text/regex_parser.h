#pragma once
// Text of a regular expression to its tree, in two dialects.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/policy.h"
#include "grammar/refusal.h"
#include "grammar/text/regex_tree.h"

namespace diptych::grammar {

enum class RegexDialect : std::uint8_t {
  kEcma,  // ECMA-262 with the u flag, as tolerant of escapes as the validators in use
  kRust,  // the regex crate's: no look-around, no lazy quantifiers
};

struct RegexFlags {
  bool ignore_case = false, multi_line = false, dot_all = false, extended = false, unicode = true;
};

class RegexParser {
 public:
  RegexParser(RegexDialect dialect, std::u32string pattern, RegexFlags flags, int depth_max)
      : dialect_(dialect), pattern_(std::move(pattern)), flags_(flags), depth_max_(depth_max) {}
  // kUnsupportedRegex: understood, but not to be enforced. kMalformedSchema (ECMA),
  // kMalformedGrammar (Rust): no regular expression.
  Compiled<RegexTree> parse();

 private:
  static constexpr char32_t kEnd = 0xFFFF'FFFF;
  static constexpr RegexNodeId kNoChild = 0xFFFF'FFFF;
  struct ClassItem {  // of a bracketed class or an escape: one code point, or a set
    std::optional<char32_t> single;
    CodePointSet set;
  };
  struct Count {
    std::uint32_t min = 0, max = 0;
  };

  // regex_parser.cc: structure
  Compiled<RegexNodeId> alternation(int depth);
  Compiled<RegexNodeId> sequence(int depth);
  Compiled<RegexNodeId> atom(int depth);
  Compiled<RegexNodeId> group(int depth);
  Compiled<RegexNodeId> look_around(int depth);
  Compiled<void> group_name(char32_t close);
  Compiled<bool> inline_flags();  // true: they hold to the end of the enclosing group
  Compiled<std::optional<Count>> quantifier();
  std::optional<Count> braces();
  std::optional<std::uint32_t> number();
  void skip_blanks();
  bool repeats_again();
  bool set_flag(char32_t letter, bool on);
  RegexNodeId line_begin();
  RegexNodeId line_end();
  CodePointSet line_ends() const;

  // regex_escape.cc: what follows a backslash
  Compiled<RegexNodeId> escaped_atom();
  Compiled<ClassItem> escape(bool in_class);
  Compiled<ClassItem> property(bool negated);
  Compiled<ClassItem> hex_escape(char32_t letter);
  std::optional<char32_t> hex(std::size_t digits);
  std::optional<char32_t> braced_hex();
  std::optional<char32_t> unicode_escape();
  std::optional<CodePointSet> class_escape(char32_t letter) const;
  RegexNodeId word_boundary(bool negated);

  // regex_class.cc: [ … ]
  Compiled<CodePointSet> bracketed(int depth);
  Compiled<CodePointSet> class_items(int depth);
  Compiled<ClassItem> class_item(int depth);
  Compiled<std::optional<CodePointSet>> posix_class();
  CodePointSet folded(CodePointSet set) const;

  char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : kEnd;
  }
  bool eat(char32_t c);
  bool eat(std::u32string_view text);
  RegexNodeId add(RegexNode node);
  RegexNodeId add_class(CodePointSet set);
  RegexNodeId add_assertion(RegexKind kind, bool negated, RegexNodeId child);
  std::unexpected<Refusal> malformed(std::string_view what) const;
  std::unexpected<Refusal> unsupported(std::string_view what, std::string_view hint = {}) const;
  bool is_ecma() const { return dialect_ == RegexDialect::kEcma; }

  RegexDialect dialect_;
  std::u32string pattern_;
  RegexFlags flags_;
  int depth_max_;
  std::size_t at_ = 0;
  RegexTree tree_;
};

}  // namespace diptych::grammar
