#include "grammar/general/structural_tag.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "grammar/general/stack_machine.h"
#include "grammar/schema/json_value.h"

namespace diptych::grammar {
namespace {

using Texts = std::vector<std::string>;

class TagReader;
struct FormatRow {
  std::string_view type;
  std::array<std::string_view, 5> members;  // beside "type"
  // `ends`: the texts that end the enclosing tag; the outcome has read one of them. Empty: none.
  Compiled<ExpressionId> (TagReader::*read)(const JsonNode& format, const std::string& at,
                                            const Texts& ends);
};

class TagReader {
 public:
  TagReader(const CompileOptions& options, InnerCompiler compile_inner)
      : options_(options), compile_inner_(compile_inner) {
    rules_.languages = std::make_unique<Languages>(options.limits);
  }

  Compiled<GrammarRules> read(const JsonNode& root) {
    rules_.rules.push_back({.name = "root", .body = 0});
    const auto* type = text_of(root.find("type"));
    if (type == nullptr || *type != "structural_tag") {
      TRY(rules_.rules[0].body, format(root, "", {}));
    } else if (const JsonNode* format_node = root.find("format")) {
      TRY_STATUS(check_members(root, "", std::array<std::string_view, 2>{"type", "format"}));
      TRY(rules_.rules[0].body, format(*format_node, "/format", {}));
    } else {
      TRY_STATUS(check_members(root, "",
                               std::array<std::string_view, 3>{"type", "triggers", "structures"}));
      TRY(rules_.rules[0].body, structures(root));
    }
    return std::move(rules_);
  }

 private:
  static const std::string* text_of(const JsonNode* node) {
    return node == nullptr ? nullptr : std::get_if<std::string>(&node->value);
  }
  static std::unexpected<Refusal> malformed(std::string at, std::string message) {
    return std::unexpected(Refusal{.code = RefusalCode::kMalformedGrammar,
                                   .keyword = {},
                                   .pointer = std::move(at),
                                   .message = std::move(message),
                                   .hint = {}});
  }
  static Compiled<void> check_members(const JsonNode& node, const std::string& at,
                                      std::span<const std::string_view> known) {
    for (const auto& [name, value] : std::get<JsonMembers>(node.value)) {
      if (!name.empty() && std::ranges::find(known, name) != known.end()) continue;
      return std::unexpected(Refusal{.code = RefusalCode::kUnsupportedKeyword,
                                     .keyword = name,
                                     .pointer = at + "/" + name,
                                     .message = fmt::format("{:?} is not known here", name),
                                     .hint = {}});
    }
    return {};
  }

  Compiled<std::string> text(const JsonNode& node, std::string_view name, const std::string& at) {
    const auto* value = text_of(node.find(name));
    if (value == nullptr) return malformed(at, fmt::format("{:?} must be a string", name));
    return *value;
  }
  Compiled<bool> flag(const JsonNode& node, std::string_view name, const std::string& at) {
    const JsonNode* member = node.find(name);
    if (member == nullptr) return false;
    const bool* value = std::get_if<bool>(&member->value);
    if (value == nullptr) return malformed(at, fmt::format("{:?} must be true or false", name));
    return *value;
  }
  // A string or an array of strings.
  Compiled<Texts> texts(const JsonNode& node, std::string_view name, const std::string& at) {
    const JsonNode* member = node.find(name);
    if (member == nullptr) return Texts{};
    if (const auto* one = text_of(member)) return Texts{*one};
    const auto* items = std::get_if<std::vector<JsonNode>>(&member->value);
    if (items == nullptr)
      return malformed(at, fmt::format("{:?} must be an array of strings", name));
    Texts all;
    for (const JsonNode& item : *items) {
      const auto* one = text_of(&item);
      if (one == nullptr)
        return malformed(at, fmt::format("{:?} must be an array of strings", name));
      all.push_back(*one);
    }
    return all;
  }
  Compiled<Texts> nonempty_texts(const JsonNode& node, std::string_view name,
                                 const std::string& at) {
    TRY(Texts all, texts(node, name, at));
    for (const std::string& one : all) {
      if (one.empty()) return malformed(at, fmt::format("{:?} has an empty text", name));
    }
    return all;
  }
  Compiled<const std::vector<JsonNode>*> list(const JsonNode& node, std::string_view name,
                                              const std::string& at) {
    const JsonNode* member = node.find(name);
    const auto* items =
        member == nullptr ? nullptr : std::get_if<std::vector<JsonNode>>(&member->value);
    if (items == nullptr || items->empty()) {
      return malformed(at, fmt::format("{:?} must be an array that is not empty", name));
    }
    return items;
  }

  Compiled<ExpressionId> format(const JsonNode& node, const std::string& at, const Texts& ends);

  ExpressionId choice_of(const Texts& texts) {
    std::vector<ExpressionId> parts;
    for (const std::string& one : texts) parts.push_back(rules_.bytes(one));
    return rules_.choice(std::move(parts));
  }
  ExpressionId ended(ExpressionId content, const Texts& ends) {
    return ends.empty() ? content : rules_.sequence({content, choice_of(ends)});
  }

  Compiled<ExpressionId> inner(GrammarKind kind, std::string source, const std::string& at) {
    auto machine = compile_inner_({.kind = kind, .text = std::move(source)}, options_);
    if (!machine) {
      Refusal refusal = std::move(machine).error();
      refusal.pointer = at +
                        (refusal.pointer.starts_with('/') || refusal.pointer.empty() ? "" : ": ") +
                        refusal.pointer;
      return std::unexpected(std::move(refusal));
    }
    return rules_.machine(std::move(*machine));
  }

  Compiled<ExpressionId> const_string(const JsonNode& node, const std::string& at,
                                      const Texts& ends) {
    TRY(std::string value, text(node, "value", at));
    return ended(rules_.bytes(std::move(value)), ends);
  }
  Compiled<ExpressionId> json_schema(const JsonNode& node, const std::string& at,
                                     const Texts& ends) {
    return schema_in(node, "json_schema", at, ends);
  }
  Compiled<ExpressionId> schema_in(const JsonNode& node, const std::string& name,
                                   const std::string& at, const Texts& ends) {
    const JsonNode* schema = node.find(name);
    if (schema == nullptr) return malformed(at, fmt::format("{:?} is missing", name));
    TRY(const ExpressionId content,
        inner(GrammarKind::kJsonSchema, compact_text(*schema), at + "/" + name));
    return ended(content, ends);
  }
  Compiled<ExpressionId> regex(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(const std::string pattern, text(node, "pattern", at));
    auto language = rules_.languages->anchored_regex(pattern);
    if (!language) {
      language.error().pointer = at + "/pattern";
      return std::unexpected(std::move(language).error());
    }
    return ended(rules_.language(*language), ends);
  }
  Compiled<ExpressionId> gbnf(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(std::string source, text(node, "grammar", at));
    TRY(const ExpressionId content, inner(GrammarKind::kGbnf, std::move(source), at + "/grammar"));
    return ended(content, ends);
  }
  Compiled<ExpressionId> lark(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(std::string source, text(node, "grammar", at));
    TRY(const ExpressionId content, inner(GrammarKind::kLark, std::move(source), at + "/grammar"));
    return ended(content, ends);
  }

  // Free text that goes over into `words`; at the enclosing tag's end it is over.
  ExpressionId free_text(std::vector<Scanner::Word> words, const Texts& excludes, const Texts& ends,
                         bool may_end) {
    for (const std::string& end : ends) {
      // Where the text may not be over yet, its end may not come either.
      words.push_back({end, may_end ? rules_.bytes("") : rules_.choice({})});
    }
    for (const std::string& text : excludes) words.push_back({text, rules_.choice({})});
    Expression expression{.kind = Expression::Kind::kScanner};
    expression.index = static_cast<std::uint32_t>(rules_.scanners.size());
    rules_.scanners.push_back({.words = std::move(words), .may_end = may_end && ends.empty()});
    return rules_.add(std::move(expression));
  }
  Compiled<ExpressionId> any_text(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(const Texts excludes, nonempty_texts(node, "excludes", at));
    return free_text({}, excludes, ends, true);
  }

  Compiled<std::vector<ExpressionId>> formats(const JsonNode& node, const std::string& at,
                                              const Texts& ends, bool ends_with_last_only) {
    TRY(const auto* elements, list(node, "elements", at));
    std::vector<ExpressionId> parts;
    for (std::size_t i = 0; i < elements->size(); ++i) {
      const bool gets_ends = !ends_with_last_only || i + 1 == elements->size();
      TRY(const ExpressionId part,
          format((*elements)[i], fmt::format("{}/elements/{}", at, i), gets_ends ? ends : Texts{}));
      parts.push_back(part);
    }
    return parts;
  }
  Compiled<ExpressionId> sequence(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(auto parts, formats(node, at, ends, true));
    return rules_.sequence(std::move(parts));
  }
  Compiled<ExpressionId> alternatives(const JsonNode& node, const std::string& at,
                                      const Texts& ends) {
    TRY(auto parts, formats(node, at, ends, false));
    return rules_.choice(std::move(parts));
  }

  struct Tag {
    std::string begin;
    ExpressionId rest;  // after `begin`
  };
  Compiled<Tag> read_tag(const JsonNode& node, const std::string& at) {
    constexpr std::array<std::string_view, 4> kMembers = {"type", "begin", "content", "end"};
    if (!node.is_object()) return malformed(at, "a tag must be an object");
    TRY_STATUS(check_members(node, at, kMembers));
    TRY(std::string begin, text(node, "begin", at));
    TRY(Texts ends, texts(node, "end", at));
    if (ends.empty()) return malformed(at, "\"end\" must be a string or an array of strings");
    // Without a text that ends it, the content ends by itself.
    if (std::ranges::find(ends, std::string()) != ends.end()) ends.clear();
    const JsonNode* content = node.find("content");
    if (content == nullptr) return malformed(at, "\"content\" is missing");
    TRY(const ExpressionId rest, format(*content, at + "/content", ends));
    return Tag{std::move(begin), rest};
  }
  Compiled<std::vector<Tag>> read_tags(const JsonNode& node, const std::string& at) {
    TRY(const auto* items, list(node, "tags", at));
    std::vector<Tag> tags;
    for (std::size_t i = 0; i < items->size(); ++i) {
      TRY(Tag one, read_tag((*items)[i], fmt::format("{}/tags/{}", at, i)));
      tags.push_back(std::move(one));
    }
    return tags;
  }
  Compiled<ExpressionId> tag(const JsonNode& node, const std::string& at, const Texts& ends) {
    TRY(Tag one, read_tag(node, at));
    return ended(rules_.sequence({rules_.bytes(std::move(one.begin)), one.rest}), ends);
  }

  Compiled<ExpressionId> triggered_tags(const JsonNode& node, const std::string& at,
                                        const Texts& ends) {
    TRY(const auto tags, read_tags(node, at));
    TRY(const Texts triggers, nonempty_texts(node, "triggers", at));
    TRY(const Texts excludes, nonempty_texts(node, "excludes", at));
    TRY(const bool at_least_one, flag(node, "at_least_one", at));
    TRY(const bool stop_after_first, flag(node, "stop_after_first", at));
    return triggered(tags, triggers,
                     {.at = at,
                      .excludes = excludes,
                      .ends = ends,
                      .at_least_one = at_least_one,
                      .stop_after_first = stop_after_first});
  }

  struct TriggerOptions {
    std::string at;
    Texts excludes, ends;
    bool at_least_one = false, stop_after_first = false;
  };
  Compiled<ExpressionId> triggered(const std::vector<Tag>& tags, const Texts& triggers,
                                   const TriggerOptions& options) {
    for (const Tag& tag : tags) {
      const bool has_one = std::ranges::any_of(
          triggers, [&](const std::string& trigger) { return tag.begin.starts_with(trigger); });
      if (!has_one) {
        return malformed(options.at, fmt::format("no trigger begins the tag {:?}", tag.begin));
      }
    }
    // Text after a tag is a rule of its own, which goes on with itself.
    const auto again = static_cast<RuleId>(rules_.rules.size());
    rules_.rules.push_back({.name = "after a tag", .body = 0});
    const ExpressionId after =
        options.stop_after_first ? ended(rules_.bytes(""), options.ends) : rules_.rule(again);
    std::vector<Scanner::Word> words;
    for (const std::string& trigger : triggers) {
      std::vector<ExpressionId> rests;
      for (const Tag& tag : tags) {
        if (!tag.begin.starts_with(trigger)) continue;
        rests.push_back(
            rules_.sequence({rules_.bytes(tag.begin.substr(trigger.size())), tag.rest}));
      }
      if (rests.empty()) {
        return malformed(options.at, fmt::format("no tag begins with the trigger {:?}", trigger));
      }
      words.push_back({trigger, rules_.sequence({rules_.choice(std::move(rests)), after})});
    }
    // A word whose continuation holds the end has read it: no other end may be asked for.
    rules_.rules[again].body = free_text(words, options.excludes, options.ends, true);
    if (!options.at_least_one) return rules_.rule(again);
    return free_text(std::move(words), options.excludes, options.ends, false);
  }

  Compiled<ExpressionId> tags_with_separator(const JsonNode& node, const std::string& at,
                                             const Texts& ends) {
    TRY(const auto tags, read_tags(node, at));
    TRY(std::string separator, text(node, "separator", at));
    TRY(const bool at_least_one, flag(node, "at_least_one", at));
    TRY(const bool stop_after_first, flag(node, "stop_after_first", at));
    std::vector<ExpressionId> wholes;
    for (const Tag& one : tags) {
      wholes.push_back(rules_.sequence({rules_.bytes(one.begin), one.rest}));
    }
    const ExpressionId any = rules_.choice(std::move(wholes));
    const ExpressionId more =
        rules_.repeat(rules_.sequence({rules_.bytes(std::move(separator)), any}), 0,
                      stop_after_first ? 0 : kUnbounded);
    const ExpressionId all = rules_.sequence({any, more});
    return ended(at_least_one ? all : rules_.repeat(all, 0, 1), ends);
  }

  Compiled<ExpressionId> structures(const JsonNode& root) {
    constexpr std::array<std::string_view, 3> kMembers = {"begin", "schema", "end"};
    TRY(const auto* items, list(root, "structures", ""));
    TRY(const Texts triggers, nonempty_texts(root, "triggers", ""));
    std::vector<Tag> tags;
    for (std::size_t i = 0; i < items->size(); ++i) {
      const std::string at = fmt::format("/structures/{}", i);
      const JsonNode& node = (*items)[i];
      if (!node.is_object()) return malformed(at, "a structure must be an object");
      TRY_STATUS(check_members(node, at, kMembers));
      TRY(std::string begin, text(node, "begin", at));
      TRY(const std::string end, text(node, "end", at));
      TRY(const ExpressionId rest, schema_in(node, "schema", at, {end}));
      tags.push_back({std::move(begin), rest});
    }
    return triggered(tags, triggers, {.at = "", .excludes = {}, .ends = {}});
  }

  static std::span<const FormatRow> rows() {
    static constexpr std::array<FormatRow, 10> kRows = {{
        {"const_string", {"value"}, &TagReader::const_string},
        {"json_schema", {"json_schema"}, &TagReader::json_schema},
        {"regex", {"pattern"}, &TagReader::regex},
        {"grammar", {"grammar"}, &TagReader::gbnf},
        {"lark", {"grammar"}, &TagReader::lark},
        {"any_text", {"excludes"}, &TagReader::any_text},
        {"sequence", {"elements"}, &TagReader::sequence},
        {"or", {"elements"}, &TagReader::alternatives},
        {"triggered_tags",
         {"triggers", "tags", "excludes", "at_least_one", "stop_after_first"},
         &TagReader::triggered_tags},
        {"tags_with_separator",
         {"tags", "separator", "at_least_one", "stop_after_first"},
         &TagReader::tags_with_separator},
    }};
    return kRows;
  }

  const CompileOptions& options_;
  InnerCompiler compile_inner_;
  GrammarRules rules_;
};

Compiled<ExpressionId> TagReader::format(const JsonNode& node, const std::string& at,
                                         const Texts& ends) {
  if (!node.is_object()) return malformed(at, "a format must be an object");
  TRY(const std::string type, text(node, "type", at));
  if (type == "tag") return tag(node, at, ends);
  const auto all = rows();
  const auto row = std::ranges::find(all, type, &FormatRow::type);
  if (row == all.end()) {
    return std::unexpected(
        Refusal{.code = RefusalCode::kUnsupportedKeyword,
                .keyword = "type",
                .pointer = at + "/type",
                .message = fmt::format("the format {:?} is not known here", type),
                .hint = {}});
  }
  std::vector<std::string_view> members{"type"};
  members.insert(members.end(), row->members.begin(), row->members.end());
  TRY_STATUS(check_members(node, at, members));
  return (this->*row->read)(node, at, ends);
}

}  // namespace

Compiled<GrammarRules> read_structural_tag(std::string_view json, const CompileOptions& options,
                                           InnerCompiler inner) {
  auto root = read_json(
      json, {.depth_max = options.limits.depth_max, .bytes_max = options.limits.source_bytes_max});
  if (!root) {
    root.error().code = RefusalCode::kMalformedGrammar;
    return std::unexpected(std::move(root).error());
  }
  if (!root->is_object()) {
    return std::unexpected(Refusal{.code = RefusalCode::kMalformedGrammar,
                                   .keyword = {},
                                   .pointer = {},
                                   .message = "a structural tag must be an object",
                                   .hint = {}});
  }
  return TagReader(options, inner).read(*root);
}

Compiled<std::unique_ptr<Machine>> make_structural_tag_machine(std::string_view json,
                                                               const CompileOptions& options,
                                                               InnerCompiler inner) {
  TRY(GrammarRules rules, read_structural_tag(json, options, inner));
  return make_stack_machine(std::move(rules), options.limits);
}

}  // namespace diptych::grammar
