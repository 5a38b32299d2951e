#include "api/diptych/query.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace diptych {
namespace {

const Field* find_row(const BodySchema& schema, std::string_view name) {
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields)
      if (field.name == name) return &field;
  return nullptr;
}

// A text that is no such thing stays a text, which the row refuses.
Json value_of(const std::string& text, JsonTypes types) {
  if (!(types & (kInteger | kNumber | kBool))) return text;
  auto value = parse_json(text);
  if (!value || !(value->is_number() || value->is_bool())) return text;
  return std::move(*value);
}

constexpr std::string_view kOrders[] = {"asc", "desc"};

constexpr Field kPageRows[] = {
    {.name = "limit",
     .types = kInteger,
     .limits = {.min = 1, .max = 100},
     .shown_default = "20",
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<PageFields>().page.limit, value, site);
         }},
    {.name = "after",
     .doc = "Id of the last one of the page before.",
     .types = kString,
     .limits = {.length_max = 200},
     .parse =
         [](const Json& value, const FieldSite& site) {
           return assign(site.into<PageFields>().page.after, value, site);
         }},
    {.name = "order",
     .doc = "By age: desc begins with the newest.",
     .types = kString,
     .choices = kOrders,
     .shown_default = "\"desc\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<PageFields>().page.ascending = value.as_string() == "asc";
       return {};
     }},
};

}  // namespace

std::span<const Field> page_rows() { return kPageRows; }

Status parse_query(const BodySchema& schema, const Call& call, void* request, Warnings& warnings) {
  Json object = Json::object();
  for (const auto& [name, text] : call.query) {
    if (object.find(name) != nullptr)
      return invalid_value(name, fmt::format("'{}' is given twice.", name));
    const Field* row = find_row(schema, name);
    object.set(name, row == nullptr ? Json(text) : value_of(text, row->types));
  }
  return parse_object(schema, object, {"", request, &warnings});
}

}  // namespace diptych
