#include "grammar/general/lark_syntax.h"

#include <fmt/format.h>

#include <algorithm>

#include "grammar/general/grammar_rules.h"

namespace diptych::grammar {
namespace {

using Kind = LarkNode::Kind;

bool is_name_character(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class LarkParser {
 public:
  LarkParser(GrammarText& text, const Limits& limits) : text_(text), limits_(limits) {}

  Compiled<LarkSyntax> read() {
    skip(true);
    while (!text_.at_end()) {
      if (text_.peek() == '%') {
        TRY_STATUS(directive());
      } else {
        TRY_STATUS(definition());
      }
      TRY_STATUS(end_of_line());
    }
    return std::move(syntax_);
  }

 private:
  void skip(bool newlines) {
    while (true) {
      const char32_t c = text_.peek();
      if (c == '#' || text_.looking_at(U"//")) {
        while (!text_.at_end() && text_.peek() != '\n') text_.take();
      } else if (c == ' ' || c == '\t' || c == '\r' || (newlines && c == '\n')) {
        text_.take();
      } else {
        return;
      }
    }
  }
  Compiled<void> end_of_line() {
    skip(false);
    if (!text_.at_end() && text_.peek() != '\n') {
      return text_.malformed("the end of the line is expected");
    }
    skip(true);
    return {};
  }

  Compiled<std::string> name() {
    const std::size_t begin = text_.offset();
    while (is_name_character(text_.peek())) text_.take();
    if (begin == text_.offset()) return text_.malformed("a name is expected");
    return to_utf8(text_.between(begin, text_.offset()));
  }

  Compiled<void> directive() {
    const std::size_t begin = text_.offset();
    text_.take();
    TRY(const std::string word, name());
    skip(false);
    if (word == "ignore") {
      TRY(LarkNode ignored, alternatives(0));
      syntax_.ignored.push_back(std::move(ignored));
      return {};
    }
    if (word == "import") return import();
    if (word == "llguidance") {
      if (text_.take('{')) {
        skip(true);
        if (text_.take('}')) return {};
      }
      return text_.unsupported(begin, "%llguidance", "options of %llguidance cannot be honoured");
    }
    return text_.unsupported(begin, fmt::format("%{}", word),
                             fmt::format("%{} cannot be honoured", word));
  }

  // %import common.NAME, %import common.NAME -> ALIAS, %import common (NAME, NAME)
  Compiled<void> import() {
    const std::size_t begin = text_.offset();
    if (!text_.take(U"common")) {
      return text_.unsupported(begin, "%import", "only the library named common can be imported");
    }
    skip(false);
    if (text_.take('(')) {
      do {
        skip(true);
        TRY_STATUS(imported());
        skip(true);
      } while (text_.take(','));
      if (!text_.take(')')) return text_.malformed(") is expected");
      return {};
    }
    if (!text_.take('.')) return text_.malformed("a dot and a name are expected");
    TRY_STATUS(imported());
    skip(false);
    if (!text_.take(U"->")) return {};
    skip(false);
    TRY(syntax_.imports.back().alias, name());
    return {};
  }
  Compiled<void> imported() {
    const std::size_t begin = text_.offset();
    TRY(std::string what, name());
    syntax_.imports.push_back({.name = what, .alias = what, .offset = begin});
    return {};
  }

  // name, name[lazy, stop="x"], TERMINAL.2, each with ": expansions"
  Compiled<void> definition() {
    LarkDefinition definition{.offset = text_.offset()};
    while (text_.peek() == '?' || text_.peek() == '!')
      text_.take();  // these shape Lark's tree only
    TRY(definition.name, name());
    if (text_.peek() == '{') {
      return text_.unsupported(text_.offset(), "template", "templates cannot be honoured");
    }
    if (text_.take('.')) {
      text_.take('-');
      TRY_STATUS(text_.number());  // a priority: both ways stay open, so it changes nothing
    }
    if (text_.take('[')) TRY_STATUS(attributes(definition));
    skip(false);
    if (!text_.take(':')) return text_.malformed(": is expected");
    skip(true);
    TRY(definition.body, alternatives(0));
    syntax_.definitions.push_back(std::move(definition));
    return {};
  }

  Compiled<void> attributes(LarkDefinition& definition) {
    do {
      skip(true);
      const std::size_t begin = text_.offset();
      TRY(const std::string attribute, name());
      skip(false);
      if (attribute == "lazy") {
        definition.lazy = true;
      } else if ((attribute == "stop" || attribute == "suffix") && text_.take('=')) {
        skip(false);
        TRY(definition.stop, atom(0));
      } else {
        return text_.unsupported(begin, attribute,
                                 fmt::format("the attribute {:?} cannot be honoured", attribute));
      }
      skip(true);
    } while (text_.take(','));
    if (!text_.take(']')) return text_.malformed("] is expected");
    return {};
  }

  Compiled<LarkNode> alternatives(int depth) {
    if (depth > limits_.depth_max) {
      return text_.malformed(fmt::format("nested more than {} deep", limits_.depth_max));
    }
    LarkNode choice{.kind = Kind::kChoice, .offset = text_.offset()};
    while (true) {
      TRY(LarkNode one, sequence(depth));
      choice.parts.push_back(std::move(one));
      // The next alternative may stand on a line of its own.
      const std::size_t before = text_.offset();
      skip(true);
      if (!text_.take('|')) {
        text_.go_to(before);
        break;
      }
      skip(true);
    }
    if (choice.parts.size() > 1) return choice;
    LarkNode only = std::move(choice.parts.front());
    return only;
  }

  Compiled<LarkNode> sequence(int depth) {
    LarkNode sequence{.kind = Kind::kSequence, .offset = text_.offset()};
    while (true) {
      skip(depth > 0);
      const char32_t c = text_.peek();
      if (text_.take(U"->")) {  // the name of an alternative: shapes Lark's tree only
        skip(false);
        TRY_STATUS(name());
        skip(depth > 0);
        return sequence;
      }
      if (c == 0 || c == '\n' || c == '|' || c == ')' || c == ']' || c == ',') return sequence;
      TRY(LarkNode part, atom(depth));
      TRY(part, repeated(std::move(part)));
      sequence.parts.push_back(std::move(part));
    }
  }

  Compiled<LarkNode> atom(int depth) {
    const std::size_t begin = text_.offset();
    const char32_t c = text_.peek();
    if (c == '"') return string();
    if (c == '/') return regex();
    if (c == '(' || c == '[') {
      text_.take();
      TRY(LarkNode inside, alternatives(depth + 1));
      skip(true);
      if (!text_.take(c == '(' ? ')' : ']'))
        return text_.malformed("a closing bracket is expected");
      if (c == '(') return inside;
      return repeat(std::move(inside), 0, 1);
    }
    if (text_.take(U"%json")) return json(begin);
    if (c == '<') {
      return text_.unsupported(begin, "token terminal",
                               "terminals that name tokens of a vocabulary cannot be enforced",
                               "write the token's text in quotes");
    }
    if (c == '%' || c == '@' || c == '~' || c == '&') {
      return text_.unsupported(
          begin, std::string(1, static_cast<char>(c)),
          fmt::format("{:?} cannot be honoured here", to_utf8(text_.between(begin, begin + 10))));
    }
    LarkNode node{.kind = Kind::kName, .offset = begin};
    TRY(node.text, name());
    if (text_.peek() == '{' && !is_count(text_.peek(1))) {
      return text_.unsupported(begin, "template", "templates cannot be honoured");
    }
    return node;
  }
  static bool is_count(char32_t c) { return (c >= '0' && c <= '9') || c == ','; }

  static LarkNode repeat(LarkNode part, std::uint32_t least, std::uint32_t most) {
    LarkNode node{.kind = Kind::kRepeat, .least = least, .most = most, .offset = part.offset};
    node.parts.push_back(std::move(part));
    return node;
  }

  Compiled<LarkNode> repeated(LarkNode part) {
    while (true) {
      const std::size_t begin = text_.offset();
      std::uint32_t least = 0, most = kUnbounded;
      if (text_.take('*')) {
      } else if (text_.take('+')) {
        least = 1;
      } else if (text_.take('?')) {
        most = 1;
      } else if (text_.take('~')) {
        skip(false);
        TRY(least, text_.number());
        most = least;
        if (text_.take(U"..")) {
          TRY(most, text_.number());
        }
      } else if (text_.take('{')) {
        TRY_STATUS(counts(least, most));
      } else {
        return part;
      }
      if (most < least) return text_.malformed(begin, "the least number is above the greatest");
      part = repeat(std::move(part), least, most);
    }
  }
  // {3} {3,} {,5} {3,5}
  Compiled<void> counts(std::uint32_t& least, std::uint32_t& most) {
    skip(false);
    if (text_.peek() != ',') {
      TRY(least, text_.number());
      most = least;
    }
    skip(false);
    if (text_.take(',')) {
      skip(false);
      most = kUnbounded;
      if (text_.peek() != '}') {
        TRY(most, text_.number());
      }
    }
    skip(false);
    if (!text_.take('}')) return text_.malformed("} is expected");
    return {};
  }

  // Escapes as in Python.
  Compiled<std::string> quoted() {
    constexpr std::u32string_view kNames = U"abfnrtv\\'\"0", kMeanings = U"\a\b\f\n\r\t\v\\'\"";
    const std::size_t begin = text_.offset();
    text_.take();
    std::string out;
    while (!text_.take('"')) {
      if (text_.at_end() || text_.peek() == '\n') {
        return text_.malformed(begin, "a string without its closing quote");
      }
      char32_t c = text_.take();
      if (c == '\\') {
        const char32_t escape = text_.take();
        const std::size_t which = kNames.find(escape);
        const int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
        if (digits > 0) {
          TRY(c, text_.hexadecimal(digits));
        } else if (escape != 0 && which < kMeanings.size()) {
          c = kMeanings[which];
        } else {
          return text_.malformed(text_.offset() - 1, "an unknown escape");
        }
      }
      if (!is_scalar_value(c)) return text_.malformed("no character");
      append_utf8(out, c);
    }
    return out;
  }

  Compiled<LarkNode> string() {
    LarkNode node{.kind = Kind::kString, .offset = text_.offset()};
    TRY(node.text, quoted());
    if (text_.looking_at(U"..") && text_.peek(2) == '"') {
      text_.take(U"..");
      node.kind = Kind::kRange;
      TRY(node.last, quoted());
      return node;
    }
    if (text_.peek() == 'i' && !is_name_character(text_.peek(1))) {
      text_.take();
      node.flags += 'i';
    }
    return node;
  }

  Compiled<LarkNode> regex() {
    LarkNode node{.kind = Kind::kRegex, .offset = text_.offset()};
    text_.take();
    while (!text_.take('/')) {
      if (text_.at_end() || text_.peek() == '\n') {
        return text_.malformed(node.offset, "a regular expression without its closing slash");
      }
      const char32_t c = text_.take();
      if (c == '\\' && text_.take('/')) {
        node.text += '/';
        continue;
      }
      append_utf8(node.text, c);
      if (c == '\\' && !text_.at_end()) append_utf8(node.text, text_.take());
    }
    while (std::u32string_view(U"imsux").find(text_.peek()) != std::u32string_view::npos &&
           text_.peek() != 0) {
      node.flags += static_cast<char>(text_.take());
    }
    if (is_name_character(text_.peek())) {
      return text_.malformed("an unknown flag of a regular expression");
    }
    return node;
  }

  // The braces of an object, strings in it left alone.
  Compiled<LarkNode> json(std::size_t begin) {
    skip(true);
    LarkNode node{.kind = Kind::kJson, .offset = begin};
    const std::size_t first = text_.offset();
    if (text_.peek() != '{') return text_.malformed("%json is followed by an object");
    int open = 0;
    bool in_string = false;
    do {
      const char32_t c = text_.take();
      if (c == 0) return text_.malformed(first, "the object is not closed");
      if (c == '\\' && in_string) {
        text_.take();
      } else if (c == '"') {
        in_string = !in_string;
      } else if (!in_string) {
        open += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
    } while (open > 0);
    node.text = to_utf8(text_.between(first, text_.offset()));
    return node;
  }

  GrammarText& text_;
  const Limits& limits_;
  LarkSyntax syntax_;
};

}  // namespace

Compiled<LarkSyntax> read_lark_syntax(GrammarText& text, const Limits& limits) {
  return LarkParser(text, limits).read();
}

}  // namespace diptych::grammar
