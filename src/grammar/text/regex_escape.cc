// What follows a backslash.

#include <fmt/format.h>

#include <utility>

#include "grammar/text/regex_parser.h"
#include "grammar/text/unicode_classes.h"

namespace diptych::grammar {
namespace {

int hex_value(char32_t c) {
  if (c >= U'0' && c <= U'9') return static_cast<int>(c - U'0');
  if (c >= U'a' && c <= U'f') return static_cast<int>(c - U'a') + 10;
  if (c >= U'A' && c <= U'F') return static_cast<int>(c - U'A') + 10;
  return -1;
}

bool is_high_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }
bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

std::optional<char32_t> control_escape(char32_t letter) {
  switch (letter) {
    case U't':
      return U'\t';
    case U'n':
      return U'\n';
    case U'v':
      return U'\v';
    case U'f':
      return U'\f';
    case U'r':
      return U'\r';
    default:
      return std::nullopt;
  }
}

}  // namespace

Compiled<RegexNodeId> RegexParser::escaped_atom() {
  const char32_t letter = peek(1);
  if (letter == U'b' || letter == U'B') {
    at_ += 2;
    return word_boundary(letter == U'B');
  }
  if (!is_ecma() && (letter == U'A' || letter == U'z')) {
    at_ += 2;
    const RegexKind kind = letter == U'A' ? RegexKind::kTextBegin : RegexKind::kTextEnd;
    return add_assertion(kind, false, kNoChild);
  }
  if (letter >= U'1' && letter <= U'9') {
    return unsupported(
        fmt::format("back-reference \\{} cannot be enforced", static_cast<char>(letter)),
        "repeat the group's pattern or use format");
  }
  if (letter == U'k') {
    return unsupported("a named back-reference \\k cannot be enforced",
                       "repeat the group's pattern or use format");
  }
  TRY(ClassItem item, escape(false));
  return add_class(item.single ? folded(CodePointSet::one(*item.single)) : std::move(item.set));
}

Compiled<RegexParser::ClassItem> RegexParser::escape(bool in_class) {
  eat(U'\\');
  const char32_t letter = peek();
  if (letter == kEnd) return malformed("a backslash ends the pattern");
  ++at_;
  if (auto set = class_escape(letter)) return ClassItem{.set = std::move(*set)};
  if (const auto control = control_escape(letter)) return ClassItem{.single = *control};
  switch (letter) {
    case U'p':
    case U'P':
      return property(letter == U'P');
    case U'x':
    case U'u':
    case U'U':
      return hex_escape(letter);
    case U'b':
      if (in_class) return ClassItem{.single = U'\b'};
      break;
    case U'a':
      if (!is_ecma()) return ClassItem{.single = U'\a'};
      break;
    case U'c':
      if (is_ecma() && is_letter(peek())) {
        return ClassItem{.single = pattern_[at_++] & 0x1FU};
      }
      return malformed("\\c without a letter");
    case U'0':
      if (peek() >= U'0' && peek() <= U'9') return unsupported("octal escapes are not portable");
      return ClassItem{.single = U'\0'};
    default:
      break;
  }
  // Identity escapes: all but letters and digits, which mean something in one dialect or another.
  if (is_letter(letter) || (letter >= U'1' && letter <= U'9')) {
    return unsupported(
        fmt::format("escape \\{} has no portable meaning", static_cast<char>(letter)),
        "write the character itself, or ^ and $ for the ends of the text");
  }
  return ClassItem{.single = letter};
}

Compiled<RegexParser::ClassItem> RegexParser::property(bool negated) {
  std::string name;
  if (eat(U'{')) {
    if (!is_ecma() && eat(U'^')) negated = !negated;
    for (; peek() != U'}'; ++at_) {
      if (peek() == kEnd || peek() > 0x7E) return malformed("\\p{ without its '}'");
      name += static_cast<char>(peek());
    }
    eat(U'}');
  } else {  // \pL
    if (!is_letter(peek())) return malformed("\\p without a property");
    name += static_cast<char>(pattern_[at_++]);
  }
  auto set = unicode_property(name);
  if (!set) return unsupported(fmt::format("Unicode property \"{}\" is not known", name));
  return ClassItem{.set = negated ? folded(std::move(*set)).complement() : folded(std::move(*set))};
}

Compiled<RegexParser::ClassItem> RegexParser::hex_escape(char32_t letter) {
  std::optional<char32_t> value;
  if (letter == U'x') {
    value = !is_ecma() && peek() == U'{' ? braced_hex() : hex(2);
  } else if (letter == U'u') {
    value = unicode_escape();
  } else if (!is_ecma()) {
    value = peek() == U'{' ? braced_hex() : hex(8);
  }
  if (!value || *value > kCodePointMax) {
    return malformed(fmt::format("\\{} without its digits", static_cast<char>(letter)));
  }
  if (is_surrogate(*value)) {  // no text has one: a class that matches nothing
    return ClassItem{.set = CodePointSet()};
  }
  return ClassItem{.single = *value};
}

std::optional<char32_t> RegexParser::hex(std::size_t digits) {
  char32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_value(peek(i));
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<char32_t>(digit);
  }
  at_ += digits;
  return value;
}

std::optional<char32_t> RegexParser::braced_hex() {
  eat(U'{');
  char32_t value = 0;
  const std::size_t begin = at_;
  for (; hex_value(peek()) >= 0 && value <= kCodePointMax; ++at_) {
    value = value * 16 + static_cast<char32_t>(hex_value(peek()));
  }
  if (at_ == begin || !eat(U'}')) return std::nullopt;
  return value;
}

std::optional<char32_t> RegexParser::unicode_escape() {
  if (peek() == U'{') return braced_hex();
  const auto high = hex(4);
  if (!high || !is_high_surrogate(*high) || peek() != U'\\' || peek(1) != U'u') return high;
  const std::size_t here = at_;
  at_ += 2;
  const auto low = hex(4);
  if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
    return 0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00);
  }
  at_ = here;
  return high;
}

std::optional<CodePointSet> RegexParser::class_escape(char32_t letter) const {
  const bool wide = !is_ecma() && flags_.unicode;
  const auto word = [&] {
    if (!wide) return folded(ascii_word());
    return *unicode_property("Alphabetic") | *unicode_property("M") | *unicode_property("Nd") |
           *unicode_property("Pc") | *unicode_property("Join_Control");
  };
  const auto space = [&] { return is_ecma() ? ecma_space() : *unicode_property("White_Space"); };
  const auto digit = [&] { return wide ? *unicode_property("Nd") : ascii_digits(); };
  switch (letter) {
    case U'd':
      return digit();
    case U'D':
      return digit().complement();
    case U'w':
      return word();
    case U'W':
      return word().complement();
    case U's':
      return space();
    case U'S':
      return space().complement();
    default:
      return std::nullopt;
  }
}

// \b: a word character on exactly one side.
RegexNodeId RegexParser::word_boundary(bool negated) {
  const CodePointSet word = *class_escape(U'w');
  const auto side = [&](RegexKind kind, bool absent) {
    return add_assertion(kind, absent, add_class(word));
  };
  const auto both = [&](bool absent_before, bool absent_after) {
    const RegexNodeId before = side(RegexKind::kLookBehind, absent_before);
    const RegexNodeId after = side(RegexKind::kLookAhead, absent_after);
    return add({.kind = RegexKind::kSequence, .children = {before, after}});
  };
  const RegexNodeId first = both(false, !negated);
  const RegexNodeId second = both(true, negated);
  return add({.kind = RegexKind::kAlternation, .children = {first, second}});
}

}  // namespace diptych::grammar
