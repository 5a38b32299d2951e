#include "api/schema_json.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace diptych {
namespace {

struct TypeName {
  JsonTypes bit;
  std::string_view name;
};
constexpr TypeName kTypeNames[] = {{kBool, "boolean"},  {kInteger, "integer"}, {kNumber, "number"},
                                   {kString, "string"}, {kArray, "array"},     {kObject, "object"},
                                   {kNull, "null"}};

Json type_names(JsonTypes types) {
  Json::Array names;
  for (const TypeName& type : kTypeNames)
    if (types & type.bit) names.emplace_back(type.name);
  if (names.size() == 1) return names.front();
  return Json(std::move(names));
}

Json bound(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

void add_limits(Json& schema, const Field& field) {
  const Limits& limits = field.limits;
  if (std::isfinite(limits.min)) schema.set("minimum", bound(limits.min));
  if (std::isfinite(limits.max)) schema.set("maximum", bound(limits.max));
  const bool string = field.types & kString, array = field.types & kArray;
  const std::string_view least = string ? "minLength" : (array ? "minItems" : "minProperties");
  const std::string_view most = string ? "maxLength" : (array ? "maxItems" : "maxProperties");
  if (limits.length_min > 0) schema.set(least, std::uint64_t{limits.length_min});
  if (limits.length_max != Limits{}.length_max) schema.set(most, std::uint64_t{limits.length_max});
}

std::string description(const Field& field) {
  std::string text(field.doc);
  static constexpr std::string_view kLead[] = {
      "", "No influence on the answer: ", "Ignored with a warning: ", "Refused: "};
  if (field.support != Support::kHonoured && field.reason != field.doc)
    text += fmt::format("{}{}{}", text.empty() ? "" : " ",
                        kLead[static_cast<std::size_t>(field.support)], field.reason);
  if (field.support == Support::kRefused && field.reason == field.doc)
    text = fmt::format("Refused: {}", field.reason);
  return text;
}

Json field_json(const Field& field) {
  Json schema = Json::object({{"type", type_names(field.types)}});
  if (const std::string text = description(field); !text.empty()) schema.set("description", text);
  if (!field.choices.empty()) {
    Json choices = Json::array();
    for (const std::string_view choice : field.choices) choices.push_back(choice);
    if (field.types & kNull) choices.push_back(nullptr);
    schema.set("enum", std::move(choices));
  }
  add_limits(schema, field);
  if (field.item_types != 0)
    schema.set("items", Json::object({{"type", type_names(field.item_types)}}));
  if (field.object != nullptr && (field.types & kArray))
    schema.set("items", schema_json(*field.object));
  if (field.object != nullptr && !(field.types & kArray)) {
    const Json nested = schema_json(*field.object);
    for (const auto& member : nested.as_object())
      if (member.name != "type" && (member.name != "description" || field.doc.empty()))
        schema.set(member.name, member.value);
  }
  if (auto value = parse_json(field.shown_default); value) schema.set("default", std::move(*value));
  return schema;
}

}  // namespace

Json schema_json(const BodySchema& schema) {
  Json properties = Json::object(), required = Json::array();
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields) {
      properties.set(field.name, field_json(field));
      for (const std::string_view alias : field.aliases)
        properties.set(alias,
                       Json::object({{"type", type_names(field.types)},
                                     {"description", fmt::format("The same as {}.", field.name)}}));
      if (field.required) required.push_back(field.name);
    }
  Json json = Json::object({{"type", "object"}});
  if (!schema.doc.empty()) json.set("description", schema.doc);
  json.set("properties", std::move(properties));
  if (!required.as_array().empty()) json.set("required", std::move(required));
  json.set("additionalProperties", schema.unknown == UnknownMembers::kWarned);
  return json;
}

Json support_json(const BodySchema& schema) {
  Json honoured = Json::array(), ignored = Json::object(), refused = Json::object();
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields) {
      if (field.support == Support::kHonoured) {
        honoured.push_back(field.name);
        for (const std::string_view alias : field.aliases) honoured.push_back(alias);
      } else {
        (field.support == Support::kRefused ? refused : ignored).set(field.name, field.reason);
      }
    }
  return Json::object({{"honoured", std::move(honoured)},
                       {"ignored", std::move(ignored)},
                       {"refused", std::move(refused)}});
}

}  // namespace diptych
