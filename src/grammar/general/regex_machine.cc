// Regular expressions and choices: languages as they are.
#include <fmt/format.h>

#include "grammar/general/general_machines.h"
#include "grammar/general/stack_machine.h"
#include "grammar/schema/json_value.h"

namespace diptych::grammar {
namespace {

Compiled<std::unique_ptr<Machine>> machine_of(std::unique_ptr<Languages> languages,
                                              Language language, const Limits& limits) {
  GrammarRules rules;
  rules.languages = std::move(languages);
  rules.rules.push_back({.name = "root", .body = rules.language(language)});
  return make_stack_machine(std::move(rules), limits);
}

std::unexpected<Refusal> malformed_choice(std::string message) {
  return std::unexpected(Refusal{.code = RefusalCode::kMalformedGrammar,
                                 .keyword = {},
                                 .pointer = {},
                                 .message = std::move(message),
                                 .hint = "a choice is a JSON array of strings"});
}

}  // namespace

Compiled<std::unique_ptr<Machine>> make_regex_machine(std::string_view pattern,
                                                      const CompileOptions& options) {
  if (pattern.size() > options.limits.pattern_bytes_max) {
    return std::unexpected(
        Refusal{.code = RefusalCode::kSchemaTooLarge,
                .keyword = {},
                .pointer = {},
                .message = fmt::format("a pattern of {} bytes; the limit is {}", pattern.size(),
                                       options.limits.pattern_bytes_max),
                .hint = {}});
  }
  auto languages = std::make_unique<Languages>(options.limits);
  TRY(const Language language, languages->anchored_regex(pattern));
  return machine_of(std::move(languages), language, options.limits);
}

Compiled<std::unique_ptr<Machine>> make_choice_machine(std::string_view json_array,
                                                       const CompileOptions& options) {
  auto choices = read_json(json_array, {.depth_max = options.limits.depth_max,
                                        .bytes_max = options.limits.source_bytes_max});
  if (!choices) return malformed_choice(choices.error().message);
  const auto* items = std::get_if<std::vector<JsonNode>>(&choices->value);
  if (items == nullptr || items->empty()) return malformed_choice("no array of strings");
  std::vector<std::string> literals;
  for (const JsonNode& item : *items) {
    const auto* text = std::get_if<std::string>(&item.value);
    if (text == nullptr) {
      return malformed_choice(fmt::format("{} is no string", compact_text(item)));
    }
    literals.push_back(*text);
  }
  auto languages = std::make_unique<Languages>(options.limits);
  const Language language = languages->one_of(literals);
  return machine_of(std::move(languages), language, options.limits);
}

}  // namespace diptych::grammar
