#include "api/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/unicode.h"

namespace diptych {
namespace {

std::string joined(std::string_view path, std::string_view member) {
  if (path.empty()) return std::string(member);
  return fmt::format("{}.{}", path, member);
}

JsonTypes type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBool;
  if (value.is_int()) return kInteger | kNumber;
  if (value.is_number()) return kNumber;
  if (value.is_string()) return kString;
  return value.is_array() ? kArray : kObject;
}

std::string_view phrase_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_int()) return "an integer";
  if (value.is_number()) return "a decimal number";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

std::string phrase_of(JsonTypes types) {
  static constexpr std::array<std::pair<JsonTypes, std::string_view>, 6> kPhrases = {
      {{kString, "a string"},
       {kArray, "an array"},
       {kInteger, "an integer"},
       {kNumber, "a decimal"},
       {kBool, "a boolean"},
       {kObject, "an object"}}};
  std::vector<std::string_view> words;
  for (const auto& [bit, phrase] : kPhrases)
    if (types & bit) words.push_back(phrase);
  if (words.size() == 1) return std::string(words[0]);
  return fmt::format("one of {}", fmt::join(words, " or "));
}

std::string number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

Status check_number(const Field& field, const Json& value, std::string_view path) {
  const double number = value.as_double();
  const std::string_view kind = field.types & kNumber ? "decimal" : "integer";
  if (number < field.limits.min)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "Invalid '{}': {} below minimum value. Expected a value >= {}, but got {} instead.",
            path, kind, number_text(field.limits.min), dump_json(value)),
        std::string(path), fmt::format("{}_below_min_value", kind));
  if (number > field.limits.max)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "Invalid '{}': {} above maximum value. Expected a value <= {}, but got {} instead.",
            path, kind, number_text(field.limits.max), dump_json(value)),
        std::string(path), fmt::format("{}_above_max_value", kind));
  return {};
}

struct Countable {
  std::size_t length;
  std::string_view kind, units;  // "string", "characters"
};

Countable countable(const Json& value) {
  if (value.is_string()) return {count_code_points(value.as_string()), "string", "characters"};
  if (value.is_array()) return {value.as_array().size(), "array", "items"};
  return {value.as_object().size(), "object", "properties"};
}

Status check_length(const Field& field, const Json& value, std::string_view path) {
  const auto [length, kind, units] = countable(value);
  if (length >= field.limits.length_min && length <= field.limits.length_max) return {};
  const bool below = length < field.limits.length_min;
  std::string detail = below && length == 0
                           ? fmt::format("empty_{}", kind)
                           : fmt::format("{}_{}_length", kind, below ? "below_min" : "above_max");
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Invalid '{}': {} too {}. Expected at {} {} {}, but got {}.", path, kind,
                          below ? "short" : "long", below ? "least" : "most",
                          below ? field.limits.length_min : field.limits.length_max, units, length),
              std::string(path), std::move(detail));
}

bool is_neutral(const Field& field, const Json& value) {
  if (field.neutral.empty()) return false;
  auto neutral = parse_json(field.neutral);
  if (!neutral) return false;
  if (neutral->is_number() && value.is_number()) return neutral->as_double() == value.as_double();
  return *neutral == value;
}

struct Match {
  const Field* field = nullptr;
  const FieldGroup* group = nullptr;
};

Match find_field(const BodySchema& schema, std::string_view name) {
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields)
      if (field.name == name || std::ranges::find(field.aliases, name) != field.aliases.end())
        return {&field, &group};
  return {};
}

Status parse_member(const Match& match, const Json& value, const FieldSite& site) {
  const Field& field = *match.field;
  if (value.is_null() && (field.types & kNull)) return {};
  TRY_STATUS(check_value(field, value, site.path));
  if (field.support == Support::kIgnored) site.warn(std::string(field.reason));
  if (field.support == Support::kRefused || field.parse == nullptr) return {};
  return field.parse(value, site);
}

// Two spellings of one field: whichever would win, somebody is surprised.
Status refuse_double_spelling(const BodySchema& schema, const Json::Object& members,
                              std::string_view path) {
  for (const auto& member : members) {
    const Match match = find_field(schema, member.name);
    if (match.field == nullptr || match.field->aliases.empty() || member.name == match.field->name)
      continue;
    for (const auto& other : members) {
      if (other.name == member.name || find_field(schema, other.name).field != match.field)
        continue;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' and '{}' mean the same. Give only one of them.", other.name,
                              member.name),
                  joined(path, member.name), "invalid_value");
    }
  }
  return {};
}

Status check_required(const BodySchema& schema, const Json& value, std::string_view path) {
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields)
      if (field.required && value.find(field.name) == nullptr)
        return missing_parameter(joined(path, field.name));
  return {};
}

}  // namespace

FieldSite FieldSite::at(std::string_view member, void* target) const {
  return {joined(path, member), target, warnings};
}
FieldSite FieldSite::at(std::size_t index, void* target) const {
  return {fmt::format("{}[{}]", path, index), target, warnings};
}

Status check_value(const Field& field, const Json& value, std::string_view path) {
  if (!(field.types & type_of(value))) return invalid_type(path, field.types, value);
  if (field.support == Support::kRefused && !is_neutral(field, value))
    return unsupported_parameter(path, field.reason);
  if (value.is_number()) return check_number(field, value, path);
  if (value.is_bool()) return {};
  if (value.is_string() && !field.choices.empty() &&
      std::ranges::find(field.choices, value.as_string()) == field.choices.end())
    return invalid_choice(path, value.as_string(), field.choices);
  TRY_STATUS(check_length(field, value, path));
  if (value.is_array() && field.item_types != 0) {
    const auto& items = value.as_array();
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!(field.item_types & type_of(items[i])))
        return invalid_type(fmt::format("{}[{}]", path, i), field.item_types, items[i]);
  }
  return {};
}

Status parse_object(const BodySchema& schema, const Json& value, const FieldSite& site) {
  if (!value.is_object()) return invalid_type(site.path, kObject, value);
  const Json::Object& members = value.as_object();
  TRY_STATUS(refuse_double_spelling(schema, members, site.path));
  for (const auto& member : members) {
    const Match match = find_field(schema, member.name);
    if (match.field == nullptr) {
      if (schema.unknown == UnknownMembers::kRefused)
        return unknown_parameter(joined(site.path, member.name));
      site.at(member.name, nullptr).warn("Not known here: it has no effect.");
      continue;
    }
    void* target = match.group->target ? match.group->target(site.request) : site.request;
    TRY_STATUS(parse_member(match, member.value, site.at(member.name, target)));
  }
  return check_required(schema, value, site.path);
}

Status parse_body(const BodySchema& schema, std::string_view body, void* request,
                  Warnings& warnings) {
  auto json = parse_json(body);
  if (!json)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("We could not parse the JSON body of your request: {}", json.error().message),
        "", "invalid_json");
  if (!json->is_object())
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The request body must be a JSON object, but it is {}.", phrase_of(*json)), "",
        "invalid_json");
  return parse_object(schema, *json, FieldSite{"", request, &warnings});
}

std::unexpected<Error> missing_parameter(std::string_view path) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("Missing required parameter: '{}'.", path),
              std::string(path), "missing_required_parameter");
}
std::unexpected<Error> unknown_parameter(std::string_view path) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("Unknown parameter: '{}'.", path),
              std::string(path), "unknown_parameter");
}
std::unexpected<Error> unsupported_parameter(std::string_view path, std::string_view reason) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Unsupported parameter: '{}'. {}", path, reason), std::string(path),
              "unsupported_parameter");
}
std::unexpected<Error> unsupported_value(std::string_view path, std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(path),
              "unsupported_value");
}
std::unexpected<Error> invalid_value(std::string_view path, std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(path), "invalid_value");
}

std::unexpected<Error> invalid_type(std::string_view path, JsonTypes expected, const Json& got) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Invalid type for '{}': expected {}, but got {} instead.", path,
                          phrase_of(expected), phrase_of(got)),
              std::string(path), "invalid_type");
}

std::unexpected<Error> invalid_choice(std::string_view path, std::string_view got,
                                      std::span<const std::string_view> choices) {
  std::string list;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) list += i + 1 < choices.size() ? ", " : (choices.size() > 2 ? ", and " : " and ");
    list += fmt::format("'{}'", choices[i]);
  }
  const std::string_view lead =
      choices.size() == 1 ? "The only supported value is" : "Supported values are:";
  return invalid_value(path, fmt::format("Invalid value: '{}'. {} {}.", got, lead, list));
}

std::unexpected<Error> integer_above_max(std::string_view path, double max, std::string_view got) {
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format(
          "Invalid '{}': integer above maximum value. Expected a value <= {}, but got {} instead.",
          path, number_text(max), got),
      std::string(path), "integer_above_max_value");
}

Status assign(bool& to, const Json& value, const FieldSite&) {
  to = value.as_bool();
  return {};
}
Status assign(int& to, const Json& value, const FieldSite& site) {
  const std::int64_t number = value.as_int();
  if (number > std::numeric_limits<int>::max())
    return integer_above_max(site.path, std::numeric_limits<int>::max(), dump_json(value));
  if (number < std::numeric_limits<int>::min())
    return invalid_value(site.path,
                         fmt::format("Invalid '{}': {} is too small.", site.path, number));
  to = static_cast<int>(number);
  return {};
}
Status assign(std::int64_t& to, const Json& value, const FieldSite&) {
  to = value.as_int();
  return {};
}
Status assign(double& to, const Json& value, const FieldSite&) {
  to = value.as_double();
  return {};
}
Status assign(std::string& to, const Json& value, const FieldSite&) {
  to = value.as_string();
  return {};
}
Status assign(Json& to, const Json& value, const FieldSite&) {
  to = value;
  return {};
}

}  // namespace diptych
