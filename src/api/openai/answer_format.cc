#include "api/openai/answer_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/openai/tools.h"

namespace diptych::openai {
namespace {

using grammar::GrammarKind;
using std::string_view;

Status set_source(const FieldSite& site, GrammarKind kind, std::string text) {
  auto& format = site.into<AnswerFormat>();
  if (format.source)
    return invalid_value(site.path, fmt::format("Invalid value for '{0}': '{0}' and '{1}' both say "
                                                "what the answer must match; give one.",
                                                site.path, format.param));
  format.source = {.kind = kind, .text = std::move(text)};
  format.param = format.schema_param = site.path;
  return {};
}

Status check_name(const Json& value, const FieldSite& site) {
  return check_tool_name(value.as_string(), site.path);  // one rule for all names
}

// Json keeps whole numbers of 64 bits; larger ones were rounded when the body was read, and a bound
// that is a little off would be enforced silently.
bool has_rounded_number(const Json& value) {
  constexpr double kExactBelow = 0x1p63;
  if (value.is_array()) return std::ranges::any_of(value.as_array(), has_rounded_number);
  if (value.is_object())
    return std::ranges::any_of(value.as_object(), has_rounded_number, &Json::Member::value);
  return value.is_number() && !value.is_int() && std::abs(value.as_double()) >= kExactBelow;
}

Status parse_schema(const Json& value, const FieldSite& site) {
  if (has_rounded_number(value))
    return invalid_value(
        site.path, fmt::format("Invalid value for '{}': a number of the schema is beyond "
                               "±9.22e18 and cannot be kept exactly; give the schema as text in "
                               "'guided_json'.",
                               site.path));
  return set_source(site, GrammarKind::kJsonSchema, dump_json(value));
}

constexpr Field kSchemaFields[] = {
    {.name = "name",
     .doc = "Letters, digits, underscores and dashes, 64 at most.",
     .types = kString,
     .required = true,
     .parse = check_name},
    {.name = "description",
     .types = kString | kNull,
     .support = Support::kIgnored,
     .reason = "The model does not read the schema's description; say it in a message."},
    {.name = "schema",
     .doc = "JSON Schema of the answer.",
     .types = kObject | kBool,
     .parse = parse_schema},
    {.name = "strict",
     .doc =
         "true: only OpenAI's subset of JSON Schema is taken. The schema is enforced either way.",
     .types = kBool | kNull,
     .parse = set_member<AnswerFormat, &AnswerFormat::strict>},
};
constexpr FieldGroup kSchemaGroups[] = {{kSchemaFields}};
constexpr BodySchema kSchemaSchema{"JsonSchemaFormat", "A JSON Schema that the answer satisfies.",
                                   kSchemaGroups};

constexpr string_view kTypes[] = {"text", "json_object", "json_schema"};
constexpr Field kType{.name = "type", .types = kString, .choices = kTypes, .required = true};

Result<string_view> type_of(const Json& value, const FieldSite& site) {
  const Json* type = value.find("type");
  if (type == nullptr) return missing_parameter(site.path + ".type");
  TRY_STATUS(check_value(kType, *type, site.path + ".type"));
  return type->as_string();
}

Status require_schema(const FieldSite& site) {
  if (site.into<AnswerFormat>().source) return {};
  return missing_parameter(site.path + ".schema");
}

Status parse_plain(string_view type, const FieldSite& site) {
  if (type == "json_object") return set_source(site, GrammarKind::kJsonObject, {});
  return {};
}

Status parse_json_or_text(const Json& value, const FieldSite& site) {
  if (!value.is_string()) return parse_schema(value, site);
  return set_source(site, GrammarKind::kJsonSchema, value.as_string());
}

template <GrammarKind Kind>
Status parse_text(const Json& value, const FieldSite& site) {
  if (value.as_string().empty()) return {};
  return set_source(site, Kind, value.as_string());
}

Status parse_choices(const Json& value, const FieldSite& site) {
  return set_source(site, GrammarKind::kChoice, dump_json(value));
}

// vLLM takes both and looks at the text: GBNF defines its rules with "::=".
Status parse_grammar(const Json& value, const FieldSite& site) {
  const bool gbnf = value.as_string().find("::=") != std::string::npos;
  return set_source(site, gbnf ? GrammarKind::kGbnf : GrammarKind::kLark, value.as_string());
}

Status parse_structural_tag(const Json& value, const FieldSite& site) {
  return set_source(site, GrammarKind::kStructuralTag,
                    value.is_string() ? value.as_string() : dump_json(value));
}

constexpr Field kStructuredFields[] = {
    {.name = "json", .types = kObject | kString | kBool, .parse = parse_json_or_text},
    {.name = "regex", .types = kString, .parse = parse_text<GrammarKind::kRegex>},
    {.name = "choice",
     .types = kArray,
     .limits = {.length_min = 1},
     .item_types = kString,
     .parse = parse_choices},
    {.name = "grammar", .types = kString, .parse = parse_grammar},
    {.name = "structural_tag", .types = kString | kObject, .parse = parse_structural_tag},
};
constexpr FieldGroup kStructuredGroups[] = {{kStructuredFields}};
constexpr BodySchema kStructuredSchema{"StructuredOutputs", "vLLM's spelling; one member.",
                                       kStructuredGroups};

Status parse_structured(const Json& value, const FieldSite& site) {
  return parse_object(kStructuredSchema, value, site);
}

constexpr Field kFormatRows[] = {
    {.name = "grammar",
     .doc = "A grammar in llama.cpp's GBNF that the answer matches.",
     .types = kString | kNull,
     .parse = parse_text<GrammarKind::kGbnf>},
    {.name = "json_schema",
     .doc = "A JSON Schema that the answer satisfies.",
     .types = kObject | kNull,
     .parse = parse_schema},
    {.name = "guided_json",
     .doc = "A JSON Schema, as an object or as its text.",
     .types = kObject | kString | kNull,
     .parse = parse_json_or_text},
    {.name = "guided_regex",
     .doc = "A regular expression that the whole answer matches.",
     .types = kString | kNull,
     .parse = parse_text<GrammarKind::kRegex>},
    {.name = "guided_choice",
     .doc = "The answer is one of these.",
     .types = kArray | kNull,
     .limits = {.length_min = 1},
     .item_types = kString,
     .parse = parse_choices},
    {.name = "guided_grammar",
     .doc = "A grammar in GBNF or Lark.",
     .types = kString | kNull,
     .parse = parse_grammar},
    {.name = "close_within_limit",
     .doc = "A constrained answer is brought to its proper end before max_tokens cuts it off.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<AnswerFormat, &AnswerFormat::close_within_limit>},
    {.name = "structured_outputs",
     .doc = "One of json, regex, choice, grammar, structural_tag.",
     .types = kObject | kNull,
     .object = &kStructuredSchema,
     .parse = parse_structured},
};

Error refused(const grammar::Refusal& refusal, const AnswerFormat& format) {
  const bool schema = format.source->kind == GrammarKind::kJsonSchema;
  std::string at = refusal.pointer;
  if (schema && !refusal.pointer.empty()) at = "schema place " + refusal.pointer;
  Error error = grammar::to_error(refusal);
  error.message = fmt::format("Invalid schema for '{}': {}{}", format.param, error.message,
                              at.empty() ? "." : fmt::format(" (at {}).", at));
  if (!schema) error.message.replace(0, 14, "Invalid grammar");
  error.param = format.schema_param;
  return error;
}

Status check_companions(const AnswerFormat& format, const GenerationRequest& generation) {
  const auto conflict = [&](string_view field) {
    return invalid_value(field,
                         fmt::format("Invalid value for '{0}': '{0}' cannot be kept together "
                                     "with '{1}', which says where the answer ends.",
                                     field, format.param));
  };
  if (generation.ignore_end) return conflict("ignore_eos");
  if (generation.token_count_min > 0) return conflict("min_tokens");
  return {};
}

}  // namespace

Status parse_nested_format(const Json& value, const FieldSite& site) {
  TRY(const string_view type, type_of(value, site));
  static constexpr Field kNested{.name = "json_schema",
                                 .types = kObject,
                                 .required = true,
                                 .parse = [](const Json& schema, const FieldSite& at) {
                                   return parse_object(kSchemaSchema, schema, at);
                                 }};
  static constexpr Field kFields[] = {kType, kNested};
  static constexpr Field kPlainFields[] = {kType};
  static constexpr FieldGroup kGroups[] = {{kFields}}, kPlainGroups[] = {{kPlainFields}};
  static constexpr BodySchema kWithSchema{"ResponseFormat", "", kGroups};
  static constexpr BodySchema kPlain{"ResponseFormat", "", kPlainGroups};
  const bool schema = type == "json_schema";
  TRY_STATUS(parse_object(schema ? kWithSchema : kPlain, value, site));
  if (!schema) return parse_plain(type, site);
  FieldSite inner = site;
  inner.path += ".json_schema";
  return require_schema(inner);
}

Status parse_flat_format(const Json& value, const FieldSite& site) {
  TRY(const string_view type, type_of(value, site));
  static constexpr Field kTypeFields[] = {kType};
  static constexpr FieldGroup kGroups[] = {{kTypeFields}, {kSchemaFields}};
  static constexpr FieldGroup kPlainGroups[] = {{kTypeFields}};
  static constexpr BodySchema kWithSchema{"TextFormat", "", kGroups};
  static constexpr BodySchema kPlain{"TextFormat", "", kPlainGroups};
  const bool schema = type == "json_schema";
  TRY_STATUS(parse_object(schema ? kWithSchema : kPlain, value, site));
  return schema ? require_schema(site) : parse_plain(type, site);
}

std::span<const Field> format_rows() { return kFormatRows; }

Status apply_format(const AnswerFormat& format, TextModel& model, GenerationRequest& generation,
                    Warnings& warnings) {
  if (!format.source) {
    if (!format.close_within_limit) return {};
    return invalid_value(
        "close_within_limit",
        "Invalid value for 'close_within_limit': nothing says what the answer must "
        "match; give a 'response_format' or a grammar.");
  }
  TRY_STATUS(check_companions(format, generation));
  const grammar::Policy policy{.openai_strict = format.strict};
  auto constraint = model.grammars().get(*format.source, policy);
  if (!constraint) return fail(refused(constraint.error(), format));
  for (const Warning& warning : constraint->warnings())
    warnings.push_back(
        {format.schema_param, fmt::format("{}: {}", warning.param, warning.message)});
  generation.constraint = std::move(*constraint);
  generation.close_within_limit = format.close_within_limit;
  return {};
}

}  // namespace diptych::openai
