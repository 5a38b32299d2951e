#include "grammar/c_api/policy_json.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "base/json.h"

namespace diptych::grammar {

namespace {

struct ChoiceRow {
  std::string_view member, value;
  void (*set)(Policy& policy);
};
constexpr std::array<ChoiceRow, 15> kChoices = {{
    {"order", "schema", [](Policy& policy) { policy.order = KeyOrder::kSchema; }},
    {"order", "any", [](Policy& policy) { policy.order = KeyOrder::kAny; }},
    {"additional", "spec", [](Policy& policy) { policy.additional = Additional::kSpec; }},
    {"additional", "closed", [](Policy& policy) { policy.additional = Additional::kClosed; }},
    {"whitespace", "tidy", [](Policy& policy) { policy.whitespace = Whitespace::kTidy; }},
    {"whitespace", "none", [](Policy& policy) { policy.whitespace = Whitespace::kNone; }},
    {"whitespace", "any", [](Policy& policy) { policy.whitespace = Whitespace::kAny; }},
    {"escapes", "canonical", [](Policy& policy) { policy.escapes = Escapes::kCanonical; }},
    {"escapes", "complete", [](Policy& policy) { policy.escapes = Escapes::kComplete; }},
    {"numbers", "plain", [](Policy& policy) { policy.numbers = Numbers::kPlain; }},
    {"numbers", "complete", [](Policy& policy) { policy.numbers = Numbers::kComplete; }},
    {"formats", "assert", [](Policy& policy) { policy.formats = Formats::kAssert; }},
    {"formats", "annotate", [](Policy& policy) { policy.formats = Formats::kAnnotate; }},
    {"unknown_keywords", "warn",
     [](Policy& policy) { policy.unknown_keywords = UnknownKeywords::kWarn; }},
    {"unknown_keywords", "error",
     [](Policy& policy) { policy.unknown_keywords = UnknownKeywords::kError; }},
}};

struct KindName {
  std::string_view name;
  GrammarKind kind;
};
constexpr std::array<KindName, 7> kKindNames = {{
    {"json_schema", GrammarKind::kJsonSchema},
    {"json_object", GrammarKind::kJsonObject},
    {"regex", GrammarKind::kRegex},
    {"gbnf", GrammarKind::kGbnf},
    {"lark", GrammarKind::kLark},
    {"choice", GrammarKind::kChoice},
    {"structural_tag", GrammarKind::kStructuralTag},
}};

}  // namespace

Result<Policy> parse_policy(std::string_view json) {
  TRY(const Json members, parse_json(json));
  if (!members.is_object()) {
    return fail(ErrorCode::kInvalidArgument, "a policy is a JSON object", "policy");
  }
  Policy policy;
  for (const Json::Member& member : members.as_object()) {
    bool known = false;
    for (const ChoiceRow& row : kChoices) {
      if (row.member != member.name || member.value != Json(row.value)) continue;
      row.set(policy);
      known = true;
    }
    if (!known) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("policy: {} cannot be {}", member.name, dump_json(member.value)),
                  member.name);
    }
  }
  return policy;
}

Result<GrammarKind> parse_kind(std::string_view name) {
  for (const KindName& row : kKindNames) {
    if (row.name == name) return row.kind;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("no kind of grammar is called '{}'", name),
              "kind");
}

}  // namespace diptych::grammar
