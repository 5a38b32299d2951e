#include "api/sdapi/lenient.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace diptych::sdapi {
namespace {

constexpr double kWholeMax = 9'007'199'254'740'992;  // 2^53

std::optional<Json> number_of(std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc() && read.ptr == end)
    return Json(whole);
  double number = 0;
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc() && read.ptr == end && std::isfinite(number))
    return Json(number);
  return std::nullopt;
}

std::optional<Json> bool_of(const Json& value) {
  if (value.is_int() && (value.as_int() == 0 || value.as_int() == 1))
    return Json(value.as_int() == 1);
  if (!value.is_string()) return std::nullopt;
  constexpr std::string_view kTrue[] = {"true", "True", "1", "on", "yes"};
  constexpr std::string_view kFalse[] = {"false", "False", "0", "off", "no"};
  if (std::ranges::find(kTrue, value.as_string()) != std::end(kTrue)) return Json(true);
  if (std::ranges::find(kFalse, value.as_string()) != std::end(kFalse)) return Json(false);
  return std::nullopt;
}

void coerce_number(JsonTypes types, Json& value) {
  if (value.is_bool()) value = Json(value.as_bool() ? 1 : 0);
  if (value.is_string() && value.as_string().empty() && (types & kNull)) value = nullptr;
  if (value.is_string()) {
    if (auto number = number_of(value.as_string())) value = std::move(*number);
  }
  if ((types & kNumber) || !value.is_number() || value.is_int()) return;
  const double number = value.as_double();
  if (number == std::floor(number) && std::abs(number) <= kWholeMax)
    value = Json(static_cast<std::int64_t>(number));
}

void coerce(JsonTypes types, Json& value) {
  const bool numeric = (types & (kInteger | kNumber)) != 0;
  if (numeric && !(types & (kString | kBool))) coerce_number(types, value);
  if ((types & kBool) && !numeric && !(types & kString)) {
    if (auto flag = bool_of(value)) value = std::move(*flag);
  }
}

}  // namespace

bool asks_for_nothing(std::string_view name) {
  constexpr std::string_view kNothing[] = {"",          "None",    "none",
                                           "Automatic", "Default", "Use same checkpoint"};
  return std::ranges::find(kNothing, name) != std::end(kNothing);
}

Status refuse_name(const Json& value, const FieldSite& site) {
  if (asks_for_nothing(value.as_string())) return {};
  return unsupported_parameter(
      site.path, fmt::format("'{}' cannot be loaded: the checkpoint's own parts are used.",
                             value.as_string()));
}

const Field* find_row(const BodySchema& schema, std::string_view name) {
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields)
      if (field.name == name || std::ranges::find(field.aliases, name) != field.aliases.end())
        return &field;
  return nullptr;
}

void coerce_members(const BodySchema& schema, Json& object) {
  for (auto& member : object.as_object())
    if (const Field* row = find_row(schema, member.name)) coerce(row->types, member.value);
}

Result<Json> read_body(const BodySchema& schema, std::string_view body) {
  auto json = parse_json(body);
  if (!json)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The body is no JSON: {}", json.error().message), "", "invalid_json");
  if (!json->is_object())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The body must be a JSON object, but it is {}.", json->kind()), "",
                "invalid_json");
  coerce_members(schema, *json);
  return json;
}

}  // namespace diptych::sdapi
