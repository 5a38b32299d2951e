// Lark in llguidance's dialect, which OpenAI's custom tools take: rules over terminals. Between two
// terminals, and at the end, whatever is ignored may stand. A terminal takes the longest text that
// any terminal could have at its place, exactly: also where it has to be shorter than a longer
// terminal's beginning.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "grammar/general/general_machines.h"
#include "grammar/general/grammar_text.h"
#include "grammar/general/lark_syntax.h"
#include "grammar/general/stack_machine.h"

namespace diptych::grammar {
namespace {

using Kind = LarkNode::Kind;

struct CommonTerminal {
  std::string_view name, regex;
};
// Lark's library common.lark, as regular expressions.
constexpr std::array<CommonTerminal, 23> kCommon = {{
    {"DIGIT", "[0-9]"},
    {"HEXDIGIT", "[0-9a-fA-F]"},
    {"INT", "[0-9]+"},
    {"SIGNED_INT", "[+-]?[0-9]+"},
    {"DECIMAL", "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)"},
    {"FLOAT", "(?:[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"},
    {"SIGNED_FLOAT",
     "[+-]?(?:[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"},
    {"NUMBER", "(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"},
    {"SIGNED_NUMBER", "[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"},
    {"ESCAPED_STRING", "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\""},
    {"LCASE_LETTER", "[a-z]"},
    {"UCASE_LETTER", "[A-Z]"},
    {"LETTER", "[a-zA-Z]"},
    {"WORD", "[a-zA-Z]+"},
    {"CNAME", "[a-zA-Z_][a-zA-Z_0-9]*"},
    {"WS_INLINE", "[ \\t]+"},
    {"WS", "[ \\t\\f\\r\\n]+"},
    {"CR", "\\r"},
    {"LF", "\\n"},
    {"NEWLINE", "(?:\\r?\\n)+"},
    {"SH_COMMENT", "\\x23[^\\n]*"},
    {"CPP_COMMENT", "//[^\\n]*"},
    {"C_COMMENT", "/\\*(?:[^*]|\\*+[^*/])*\\*+/"},
}};

// Any text as a regular expression for itself.
std::string escaped(std::string_view utf8) {
  std::string out;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    out += is_plain ? std::string(1, c) : fmt::format("\\x{:02X}", byte);
  }
  return out;
}

class LarkReader {
 public:
  LarkReader(GrammarText text, const CompileOptions& options, InnerCompiler inner)
      : text_(std::move(text)), options_(options), inner_(inner) {
    rules_.languages = std::make_unique<Languages>(options.limits);
  }

  Compiled<GrammarRules> read() {
    TRY(syntax_, read_lark_syntax(text_, options_.limits));
    TRY_STATUS(declare());
    if (!rule_ids_.contains("start")) return text_.malformed(0, "there is no rule named start");
    rules_.start = rule_ids_.at("start");
    TRY_STATUS(read_ignored());
    for (const LarkDefinition& definition : syntax_.definitions) {
      if (is_terminal_name(definition.name)) continue;
      TRY(rules_.rules[rule_ids_.at(definition.name)].body, rule_body(definition));
    }
    return std::move(rules_);
  }

 private:
  Compiled<void> declare() {
    for (const LarkImport& import : syntax_.imports) {
      const auto found = std::ranges::find(kCommon, import.name, &CommonTerminal::name);
      if (found == kCommon.end()) {
        return text_.unsupported(import.offset, "%import",
                                 fmt::format("common has no {:?} here", import.name));
      }
      regexes_.emplace(import.alias, std::string(found->regex));
    }
    for (const LarkDefinition& definition : syntax_.definitions) {
      if (!by_name_.emplace(definition.name, &definition).second) {
        return text_.malformed(definition.offset,
                               fmt::format("{:?} is defined twice", definition.name));
      }
      if (is_terminal_name(definition.name)) continue;
      rule_ids_.emplace(definition.name, static_cast<RuleId>(rules_.rules.size()));
      rules_.rules.push_back({.name = definition.name, .body = 0});
    }
    return {};
  }

  Compiled<void> read_ignored() {
    std::vector<ExpressionId> parts;
    for (const LarkNode& node : syntax_.ignored) {
      TRY(const std::string regex, regex_of(node, 0));
      TRY(const ExpressionId part, lexeme(regex, node.offset));
      parts.push_back(part);
    }
    ignored_ =
        parts.empty() ? rules_.bytes("") : rules_.repeat(rules_.choice(parts), 0, kUnbounded);
    has_ignored_ = !parts.empty();
    return {};
  }

  // Terminals. Everything they are made of is regular, so each becomes one regular expression.

  Compiled<std::string> terminal(const std::string& name, std::size_t offset, int depth) {
    if (const auto known = regexes_.find(name); known != regexes_.end()) return known->second;
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      return text_.malformed(offset, fmt::format("{:?} is not defined", name));
    }
    if (!is_terminal_name(name)) {
      return text_.malformed(offset, fmt::format("a terminal cannot hold the rule {:?}", name));
    }
    if (std::ranges::find(open_, name) != open_.end()) {
      return text_.malformed(offset, fmt::format("the terminal {:?} holds itself", name));
    }
    open_.push_back(name);
    TRY(std::string regex, regex_of(found->second->body, depth + 1));
    open_.pop_back();
    if (regex.size() > options_.limits.pattern_bytes_max) {
      return text_.malformed(offset, fmt::format("the terminal {:?} is larger than {} bytes", name,
                                                 options_.limits.pattern_bytes_max));
    }
    regexes_.emplace(name, regex);
    return regex;
  }

  Compiled<std::string> regex_of(const LarkNode& node, int depth) {
    if (depth > options_.limits.depth_max) {
      return text_.malformed(node.offset,
                             fmt::format("nested more than {} deep", options_.limits.depth_max));
    }
    switch (node.kind) {
      case Kind::kString:
        return fmt::format("(?{}:{})", node.flags, escaped(node.text));
      case Kind::kRegex:
        return fmt::format("(?{}:{})", node.flags, node.text);
      case Kind::kRange:
        return fmt::format("[{}-{}]", escaped(node.text), escaped(node.last));
      case Kind::kName:
        return terminal(node.text, node.offset, depth);
      case Kind::kJson:
        return text_.malformed(node.offset, "a terminal cannot hold %json");
      case Kind::kRepeat:
        return repeated_regex(node, depth);
      default:
        return joined_regex(node, depth);
    }
  }
  Compiled<std::string> repeated_regex(const LarkNode& node, int depth) {
    TRY(const std::string part, regex_of(node.parts.front(), depth + 1));
    if (node.most == kUnbounded) return fmt::format("(?:{}){{{},}}", part, node.least);
    return fmt::format("(?:{}){{{},{}}}", part, node.least, node.most);
  }
  Compiled<std::string> joined_regex(const LarkNode& node, int depth) {
    std::string out = "(?:";
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      if (i > 0 && node.kind == Kind::kChoice) out += '|';
      TRY(const std::string part, regex_of(node.parts[i], depth + 1));
      out += part;
    }
    return out + ")";
  }

  Compiled<Language> language_of(const std::string& regex, std::size_t offset) {
    auto language = rules_.languages->anchored_regex(regex);
    if (language) return *language;
    language.error().pointer = text_.place(offset);
    return std::unexpected(std::move(language).error());
  }

  ExpressionId with_ignored(ExpressionId part) {
    return has_ignored_ ? rules_.sequence({part, ignored_}) : part;
  }
  Compiled<ExpressionId> lexeme(const std::string& regex, std::size_t offset) {
    TRY(const Language language, language_of(regex, offset));
    if (rules_.languages->accepts_empty(language)) {
      return text_.malformed(offset, "a terminal that matches the empty text");
    }
    return rules_.lexeme(language);
  }
  Compiled<ExpressionId> terminal_in_rule(const std::string& regex, const std::string& name,
                                          std::size_t offset) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end() && (found->second->lazy || found->second->stop)) {
      return lazy_terminal(*found->second, regex);
    }
    TRY(const ExpressionId part, lexeme(regex, offset));
    return with_ignored(part);
  }

  // A text that ends as soon as it can: none of its beginnings is one as well.
  Compiled<ExpressionId> lazy_terminal(const LarkDefinition& definition, std::string regex) {
    if (definition.stop) {
      TRY(const std::string stop, regex_of(*definition.stop, 0));
      regex = fmt::format("(?:{})(?:{})", regex, stop);
    }
    TRY(const Language whole, language_of(regex, definition.offset));
    TRY(const Language longer, language_of(fmt::format("(?:{})(?s:.+)", regex), definition.offset));
    Languages& languages = *rules_.languages;
    const Language shortest = languages.both(whole, languages.negated(longer));
    return with_ignored(rules_.language(shortest));
  }

  // Rules.

  Compiled<ExpressionId> rule_body(const LarkDefinition& definition) {
    if (!definition.lazy && !definition.stop) return expression(definition.body, 0);
    TRY(const std::string regex, regex_of(definition.body, 0));
    return lazy_terminal(definition, regex);
  }

  Compiled<ExpressionId> expression(const LarkNode& node, int depth) {
    switch (node.kind) {
      case Kind::kString:
        if (node.text.empty()) return rules_.bytes("");
        [[fallthrough]];
      case Kind::kRegex:
      case Kind::kRange: {
        TRY(const std::string regex, regex_of(node, depth));
        return terminal_in_rule(regex, {}, node.offset);
      }
      case Kind::kName:
        return named(node, depth);
      case Kind::kJson:
        return json(node);
      case Kind::kRepeat: {
        TRY(const ExpressionId part, expression(node.parts.front(), depth + 1));
        return rules_.repeat(part, node.least, node.most);
      }
      default:
        break;
    }
    std::vector<ExpressionId> parts;
    for (const LarkNode& part : node.parts) {
      TRY(const ExpressionId id, expression(part, depth + 1));
      parts.push_back(id);
    }
    if (parts.empty()) return rules_.bytes("");
    return node.kind == Kind::kChoice ? rules_.choice(std::move(parts))
                                      : rules_.sequence(std::move(parts));
  }

  Compiled<ExpressionId> named(const LarkNode& node, int depth) {
    if (is_terminal_name(node.text)) {
      TRY(const std::string regex, terminal(node.text, node.offset, depth));
      return terminal_in_rule(regex, node.text, node.offset);
    }
    const auto found = rule_ids_.find(node.text);
    if (found == rule_ids_.end()) {
      return text_.malformed(node.offset, fmt::format("{:?} is not defined", node.text));
    }
    return rules_.rule(found->second);
  }

  Compiled<ExpressionId> json(const LarkNode& node) {
    auto machine = inner_({.kind = GrammarKind::kJsonSchema, .text = node.text}, options_);
    if (!machine) {
      Refusal refusal = std::move(machine).error();
      refusal.pointer = text_.place(node.offset) + ": " + refusal.pointer;
      return std::unexpected(std::move(refusal));
    }
    return with_ignored(rules_.machine(std::move(*machine)));
  }

  GrammarText text_;
  const CompileOptions& options_;
  InnerCompiler inner_;
  LarkSyntax syntax_;
  GrammarRules rules_;
  std::unordered_map<std::string, const LarkDefinition*> by_name_;
  std::unordered_map<std::string, RuleId> rule_ids_;
  std::unordered_map<std::string, std::string> regexes_;  // of terminals, once worked out
  std::vector<std::string> open_;                         // terminals being worked out
  ExpressionId ignored_ = 0;
  bool has_ignored_ = false;
};

}  // namespace

Compiled<std::unique_ptr<Machine>> make_lark_machine(std::string_view source,
                                                     const CompileOptions& options,
                                                     InnerCompiler inner) {
  TRY(GrammarText text, GrammarText::open(source, options.limits.source_bytes_max));
  TRY(GrammarRules rules, LarkReader(std::move(text), options, inner).read());
  return make_stack_machine(std::move(rules), options.limits);
}

}  // namespace diptych::grammar
