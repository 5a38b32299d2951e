// GBNF as llama.cpp reads it (grammars/README.md and llama-grammar.cpp of its sources), without its
// cap on repetitions and with left recursion.
#include <fmt/format.h>

#include <unordered_map>

#include "grammar/general/general_machines.h"
#include "grammar/general/grammar_text.h"
#include "grammar/general/stack_machine.h"

namespace diptych::grammar {
namespace {

bool is_word(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

class GbnfReader {
 public:
  GbnfReader(GrammarText text, const Limits& limits) : text_(std::move(text)), limits_(limits) {}

  Compiled<GrammarRules> read() {
    skip_space(true);
    while (!text_.at_end()) TRY_STATUS(rule());
    for (const Name& name : names_) {
      if (!name.defined) {
        return text_.malformed(name.offset, fmt::format("the rule {:?} is not defined", name.text));
      }
    }
    const auto root = by_name_.find("root");
    if (root == by_name_.end()) return text_.malformed(0, "there is no rule named root");
    rules_.start = root->second;
    return std::move(rules_);
  }

 private:
  struct Name {
    std::string text;
    std::size_t offset = 0;  // of its first use
    bool defined = false;
  };

  // Newlines end a rule, except inside parentheses and after ::= and |.
  void skip_space(bool newlines) {
    while (true) {
      const char32_t c = text_.peek();
      if (c == '#') {
        while (!text_.at_end() && text_.peek() != '\r' && text_.peek() != '\n') text_.take();
      } else if (c == ' ' || c == '\t' || (newlines && (c == '\r' || c == '\n'))) {
        text_.take();
      } else {
        return;
      }
    }
  }

  Compiled<RuleId> name() {
    const std::size_t begin = text_.offset();
    while (is_word(text_.peek())) text_.take();
    if (text_.offset() == begin) return text_.malformed("the name of a rule is expected");
    std::string text = to_utf8(text_.between(begin, text_.offset()));
    const auto [found, is_new] = by_name_.emplace(text, static_cast<RuleId>(names_.size()));
    if (is_new) {
      names_.push_back({.text = text, .offset = begin});
      rules_.rules.push_back({.name = std::move(text), .body = 0});
    }
    return found->second;
  }

  Compiled<void> rule() {
    TRY(const RuleId id, name());
    skip_space(false);
    if (!text_.take(U"::=")) return text_.malformed("::= is expected");
    skip_space(true);
    TRY(const ExpressionId body, alternatives(0));
    rules_.rules[id].body = body;  // as in llama.cpp the last definition of a name holds
    names_[id].defined = true;
    if (!text_.at_end() && text_.peek() != '\r' && text_.peek() != '\n') {
      return text_.malformed("the end of the line is expected");
    }
    skip_space(true);
    return {};
  }

  Compiled<ExpressionId> alternatives(int depth) {
    if (depth > limits_.depth_max) {
      return text_.malformed(fmt::format("nested more than {} deep", limits_.depth_max));
    }
    std::vector<ExpressionId> choices;
    while (true) {
      TRY(const ExpressionId one, sequence(depth));
      choices.push_back(one);
      if (!text_.take('|')) return rules_.choice(std::move(choices));
      skip_space(true);
    }
  }

  Compiled<ExpressionId> sequence(int depth) {
    std::vector<ExpressionId> parts;
    bool repeatable = false;  // the part before is there and not empty
    while (true) {
      const char32_t c = text_.peek();
      if (c == '*' || c == '+' || c == '?' || c == '{') {
        if (!repeatable) return text_.malformed("there is nothing before it to repeat");
        TRY(parts.back(), repeated(parts.back(), depth));
        continue;
      }
      TRY(const std::optional<ExpressionId> part, item(depth));
      if (!part) break;
      const Expression& added = rules_.expressions[*part];
      repeatable = added.kind != Expression::Kind::kBytes || !added.bytes.empty();
      parts.push_back(*part);
      skip_space(depth > 0);
    }
    return parts.empty() ? rules_.bytes("") : rules_.sequence(std::move(parts));
  }

  Compiled<std::optional<ExpressionId>> item(int depth) {
    const char32_t c = text_.peek();
    if (c == '"') return some(literal());
    if (c == '[') return some(char_class());
    if (c == '(') return some(group(depth));
    if (text_.take('.')) return rules_.chars(CodePointSet::all().ranges());
    if (c == '<' || c == '!') {
      return text_.unsupported(text_.offset(), "token terminal",
                               "terminals that name tokens of a vocabulary cannot be enforced",
                               "write the token's text in quotes");
    }
    if (!is_word(c)) return std::nullopt;
    TRY(const RuleId id, name());
    return rules_.rule(id);
  }
  static Compiled<std::optional<ExpressionId>> some(Compiled<ExpressionId> part) {
    TRY(const ExpressionId id, std::move(part));
    return id;
  }

  Compiled<ExpressionId> group(int depth) {
    text_.take();
    skip_space(true);
    TRY(const ExpressionId inside, alternatives(depth + 1));
    if (!text_.take(')')) return text_.malformed(") is expected");
    // One part, so that what follows repeats all of it; never taken for an empty literal.
    return rules_.repeat(inside, 1, 1);
  }

  Compiled<ExpressionId> literal() {
    const std::size_t begin = text_.offset();
    text_.take();
    std::string bytes;
    bool possible = true;
    while (!text_.take('"')) {
      if (text_.at_end()) return text_.malformed(begin, "a literal without its closing quote");
      TRY(const char32_t c, character());
      possible = possible && is_scalar_value(c);
      if (possible) append_utf8(bytes, c);
    }
    return possible ? rules_.bytes(std::move(bytes)) : rules_.choice({});
  }

  Compiled<ExpressionId> char_class() {
    const std::size_t begin = text_.offset();
    text_.take();
    const bool negated = text_.take('^');
    std::vector<CodePointRange> ranges;
    bool any = false;
    while (!text_.take(']')) {
      if (text_.at_end()) return text_.malformed(begin, "a class without its closing bracket");
      TRY(const char32_t first, character());
      char32_t last = first;
      if (text_.peek() == '-' && text_.peek(1) != ']') {
        text_.take();
        TRY(last, character());
      }
      any = true;
      if (first <= last) ranges.push_back({first, last});
    }
    if (!any) return rules_.bytes("");  // llama.cpp reads [] as nothing
    const CodePointSet set(std::move(ranges));
    const CodePointSet& meant = negated ? set.complement() : set;
    return meant.empty() ? rules_.choice({}) : rules_.chars(meant.ranges());
  }

  Compiled<char32_t> character() {
    constexpr std::u32string_view kNames = U"trn\\\"[]-", kMeanings = U"\t\r\n\\\"[]-";
    if (text_.at_end()) return text_.malformed("the grammar ends too early");
    if (!text_.take('\\')) return text_.take();
    const std::size_t begin = text_.offset() - 1;
    const char32_t name = text_.take();
    if (name == 'x') return text_.hexadecimal(2);
    if (name == 'u') return text_.hexadecimal(4);
    if (name == 'U') return text_.hexadecimal(8);
    const std::size_t which = kNames.find(name);
    if (name == 0 || which == std::u32string_view::npos) {
      return text_.malformed(begin, "an unknown escape");
    }
    return kMeanings[which];
  }

  Compiled<ExpressionId> repeated(ExpressionId part, int depth) {
    std::uint32_t least = 0, most = kUnbounded;
    const std::size_t begin = text_.offset();
    const char32_t mark = text_.take();
    if (mark == '+') least = 1;
    if (mark == '?') most = 1;
    if (mark == '{') {
      skip_space(depth > 0);
      TRY(least, text_.number());
      skip_space(depth > 0);
      most = least;
      if (text_.take(',')) {
        skip_space(depth > 0);
        most = kUnbounded;
        if (text_.peek() != '}') {
          TRY(most, text_.number());
        }
        skip_space(depth > 0);
      }
      if (!text_.take('}')) return text_.malformed("} is expected");
      if (most < least) return text_.malformed(begin, "the least number is above the greatest");
    }
    skip_space(depth > 0);
    return rules_.repeat(part, least, most);
  }

  GrammarText text_;
  const Limits& limits_;
  GrammarRules rules_;
  std::vector<Name> names_;  // by rule
  std::unordered_map<std::string, RuleId> by_name_;
};

}  // namespace

Compiled<std::unique_ptr<Machine>> make_gbnf_machine(std::string_view source,
                                                     const CompileOptions& options) {
  TRY(GrammarText text, GrammarText::open(source, options.limits.source_bytes_max));
  TRY(GrammarRules rules, GbnfReader(std::move(text), options.limits).read());
  return make_stack_machine(std::move(rules), options.limits);
}

}  // namespace diptych::grammar
