#include "grammar/text/regex_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "grammar/text/unicode_classes.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kCountMax = 0xFFFF'FFFE;
constexpr std::uint32_t kNoLimit = 0xFFFF'FFFF;

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

}  // namespace

Compiled<RegexTree> RegexParser::parse() {
  TRY(tree_.root, alternation(0));
  if (peek() == U')') return malformed("a ')' without its '('");
  return std::move(tree_);
}

Compiled<RegexNodeId> RegexParser::alternation(int depth) {
  if (depth > depth_max_) {
    return unsupported(fmt::format("groups are nested more than {} deep", depth_max_));
  }
  const RegexFlags outer = flags_;
  RegexNode node{.kind = RegexKind::kAlternation};
  do {
    TRY(const RegexNodeId branch, sequence(depth));
    node.children.push_back(branch);
  } while (eat(U'|'));
  flags_ = outer;
  if (node.children.size() == 1) return node.children.front();
  return add(std::move(node));
}

Compiled<RegexNodeId> RegexParser::sequence(int depth) {
  RegexNode node{.kind = RegexKind::kSequence};
  for (skip_blanks(); peek() != kEnd && peek() != U'|' && peek() != U')'; skip_blanks()) {
    if (peek() == U'(' && peek(1) == U'?') {
      TRY(const bool only_flags, inline_flags());
      if (only_flags) continue;
    }
    TRY(RegexNodeId item, atom(depth));
    skip_blanks();
    TRY(const std::optional<Count> count, quantifier());
    if (count) {
      item = add(
          {.kind = RegexKind::kRepeat, .min = count->min, .max = count->max, .children = {item}});
    }
    node.children.push_back(item);
  }
  if (node.children.size() == 1) return node.children.front();
  return add(std::move(node));
}

Compiled<RegexNodeId> RegexParser::atom(int depth) {
  const char32_t c = peek();
  switch (c) {
    case U'(':
      return group(depth);
    case U'[': {
      TRY(CodePointSet set, bracketed(depth));
      return add_class(std::move(set));
    }
    case U'\\':
      return escaped_atom();
    case U'^':
      ++at_;
      return line_begin();
    case U'$':
      ++at_;
      return line_end();
    case U'.':
      ++at_;
      if (flags_.dot_all) return add_class(CodePointSet::all());
      return add_class((is_ecma() ? ecma_line_ends() : CodePointSet::one(U'\n')).complement());
    case U'*':
    case U'+':
    case U'?':
      return malformed("nothing to repeat");
    default:
      break;
  }
  if (!is_ecma() && c == U'{') return malformed("nothing to repeat");
  ++at_;  // ECMA-262 annex B: a bracket or brace that opens nothing stands for itself
  return add_class(folded(CodePointSet::one(c)));
}

Compiled<RegexNodeId> RegexParser::group(int depth) {
  eat(U'(');
  if (!eat(U'?')) {
    TRY(const RegexNodeId inner, alternation(depth + 1));
    if (!eat(U')')) return malformed("a '(' without its ')'");
    return inner;
  }
  const RegexFlags outer = flags_;
  if (peek() == U'=' || peek() == U'!' ||
      (peek() == U'<' && (peek(1) == U'=' || peek(1) == U'!'))) {
    return look_around(depth);
  }
  if (eat(U"P<") || eat(U'<')) {
    TRY_STATUS(group_name(U'>'));
  } else if (eat(U'>')) {
    return unsupported("atomic groups (?>…) cannot be enforced");
  } else if (!eat(U':')) {
    bool on = true;
    for (; peek() != U':'; ++at_) {
      if (peek() == U'-') {
        on = false;
      } else if (!set_flag(peek(), on)) {
        return malformed("unknown group after '(?'");
      }
    }
    eat(U':');
  }
  TRY(const RegexNodeId inner, alternation(depth + 1));
  if (!eat(U')')) return malformed("a '(' without its ')'");
  flags_ = outer;
  return inner;
}

Compiled<RegexNodeId> RegexParser::look_around(int depth) {
  if (!is_ecma()) {
    return unsupported("look-around is not part of this dialect",
                       "say the same with alternatives and classes");
  }
  const bool behind = eat(U'<');
  const bool negated = peek() == U'!';
  ++at_;
  TRY(const RegexNodeId inner, alternation(depth + 1));
  if (!eat(U')')) return malformed("a '(' without its ')'");
  return add_assertion(behind ? RegexKind::kLookBehind : RegexKind::kLookAhead, negated, inner);
}

Compiled<void> RegexParser::group_name(char32_t close) {
  const std::size_t begin = at_;
  while (peek() != kEnd && peek() != close) ++at_;
  if (at_ == begin || !eat(close)) return malformed("a group's name has no end");
  return {};
}

bool RegexParser::set_flag(char32_t letter, bool on) {
  switch (letter) {
    case U'i':
      flags_.ignore_case = on;
      return true;
    case U'm':
      flags_.multi_line = on;
      return true;
    case U's':
      flags_.dot_all = on;
      return true;
    case U'u':
      flags_.unicode = on;
      return true;
    case U'x':
      flags_.extended = on;
      return !is_ecma();
    default:
      return false;
  }
}

// (?i) and the like, for the rest of the enclosing group: Rust's, and what many validators take.
Compiled<bool> RegexParser::inline_flags() {
  std::size_t ahead = 2;
  while (peek(ahead) == U'-' || (peek(ahead) >= U'a' && peek(ahead) <= U'z')) ++ahead;
  if (ahead == 2 || peek(ahead) != U')') return false;
  at_ += 2;
  bool on = true;
  for (; peek() != U')'; ++at_) {
    if (peek() == U'-') {
      on = false;
    } else if (!set_flag(peek(), on)) {
      return malformed("unknown flag after '(?'");
    }
  }
  eat(U')');
  return true;
}

Compiled<std::optional<RegexParser::Count>> RegexParser::quantifier() {
  std::optional<Count> count;
  if (eat(U'*')) {
    count = Count{0, kNoLimit};
  } else if (eat(U'+')) {
    count = Count{1, kNoLimit};
  } else if (eat(U'?')) {
    count = Count{0, 1};
  } else if (peek() == U'{') {
    count = braces();
    if (!count && !is_ecma()) return malformed("a count such as {2,5} was expected");
  }
  if (!count) return count;
  if (count->min > count->max) return malformed("the count's bounds are out of order");
  if (peek() == U'?') {  // lazy: the same language
    if (!is_ecma()) {
      return unsupported("lazy quantifiers have no meaning where the whole text must match",
                         "leave the second '?' out");
    }
    ++at_;
  } else if (peek() == U'+' || peek() == U'*' || (peek() == U'{' && repeats_again())) {
    return malformed("a quantifier follows a quantifier");
  }
  return count;
}

bool RegexParser::repeats_again() {
  const std::size_t here = at_;
  const bool counts = braces().has_value();
  at_ = here;
  return counts;
}

std::optional<RegexParser::Count> RegexParser::braces() {
  const std::size_t here = at_;
  eat(U'{');
  Count count;
  const auto min = number();
  count.min = min.value_or(0);
  count.max = count.min;
  if (min && eat(U',')) count.max = number().value_or(kNoLimit);
  if (min && eat(U'}')) return count;
  at_ = here;
  return std::nullopt;
}

std::optional<std::uint32_t> RegexParser::number() {
  if (!is_digit(peek())) return std::nullopt;
  std::uint64_t value = 0;
  for (; is_digit(peek()); ++at_) {
    value = std::min<std::uint64_t>(value * 10 + (peek() - U'0'), kCountMax);
  }
  return static_cast<std::uint32_t>(value);
}

void RegexParser::skip_blanks() {
  if (!flags_.extended) return;
  for (;;) {
    const char32_t c = peek();
    if (c == U' ' || (c >= U'\t' && c <= U'\r')) {
      ++at_;
    } else if (c == U'#') {
      while (peek() != kEnd && peek() != U'\n') ++at_;
    } else {
      return;
    }
  }
}

RegexNodeId RegexParser::line_begin() {
  const RegexNodeId begin = add_assertion(RegexKind::kTextBegin, false, kNoChild);
  if (!flags_.multi_line) return begin;
  const RegexNodeId after = add_assertion(RegexKind::kLookBehind, false, add_class(line_ends()));
  return add({.kind = RegexKind::kAlternation, .children = {begin, after}});
}

RegexNodeId RegexParser::line_end() {
  const RegexNodeId end = add_assertion(RegexKind::kTextEnd, false, kNoChild);
  if (!flags_.multi_line) return end;
  const RegexNodeId before = add_assertion(RegexKind::kLookAhead, false, add_class(line_ends()));
  return add({.kind = RegexKind::kAlternation, .children = {end, before}});
}

CodePointSet RegexParser::line_ends() const {
  return is_ecma() ? ecma_line_ends() : CodePointSet::one(U'\n');
}

bool RegexParser::eat(char32_t c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

bool RegexParser::eat(std::u32string_view text) {
  if (std::u32string_view(pattern_).substr(at_, text.size()) != text) return false;
  at_ += text.size();
  return true;
}

RegexNodeId RegexParser::add(RegexNode node) {
  for (const RegexNodeId child : node.children) node.asserts |= tree_.nodes[child].asserts;
  tree_.nodes.push_back(std::move(node));
  return static_cast<RegexNodeId>(tree_.nodes.size() - 1);
}

RegexNodeId RegexParser::add_class(CodePointSet set) {
  return add({.kind = RegexKind::kClass, .set = std::move(set)});
}

RegexNodeId RegexParser::add_assertion(RegexKind kind, bool negated, RegexNodeId child) {
  RegexNode node{.kind = kind, .negated = negated, .asserts = true};
  if (child != kNoChild) node.children.push_back(child);
  return add(std::move(node));
}

std::unexpected<Refusal> RegexParser::malformed(std::string_view what) const {
  const RefusalCode code =
      is_ecma() ? RefusalCode::kMalformedSchema : RefusalCode::kMalformedGrammar;
  return std::unexpected(
      Refusal{.code = code,
              .message = fmt::format("not a regular expression: {} at character {}", what, at_)});
}

std::unexpected<Refusal> RegexParser::unsupported(std::string_view what,
                                                  std::string_view hint) const {
  return std::unexpected(Refusal{.code = RefusalCode::kUnsupportedRegex,
                                 .message = fmt::format("{}, at character {}", what, at_),
                                 .hint = std::string(hint)});
}

}  // namespace diptych::grammar
