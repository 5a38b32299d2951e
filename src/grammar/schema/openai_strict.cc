#include "grammar/schema/openai_strict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/unicode.h"
#include "grammar/schema/documents.h"

namespace diptych::grammar {
namespace {

// developers' guide of OpenAI, "Supported schemas".
constexpr std::size_t kPropertiesMax = 5000, kLevelsMax = 10, kTextMax = 120'000,
                      kEnumValuesMax = 1000, kLargeEnum = 250, kLargeEnumTextMax = 15'000;

constexpr std::array<std::string_view, 26> kPermitted = {"$comment",
                                                         "$defs",
                                                         "$id",
                                                         "$ref",
                                                         "$schema",
                                                         "anyOf",
                                                         "const",
                                                         "definitions",
                                                         "description",
                                                         "enum",
                                                         "format",
                                                         "items",
                                                         "maxItems",
                                                         "maximum",
                                                         "minItems",
                                                         "minimum",
                                                         "pattern",
                                                         "properties",
                                                         "required",
                                                         "title",
                                                         "type",
                                                         "additionalProperties",
                                                         "exclusiveMaximum",
                                                         "exclusiveMinimum",
                                                         "id",
                                                         "multipleOf"};
constexpr std::array<std::string_view, 9> kFormats = {
    "date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"};

const std::string* text_of(const JsonNode* node) {
  return node == nullptr ? nullptr : std::get_if<std::string>(&node->value);
}
const std::vector<JsonNode>* list_of(const JsonNode* node) {
  return node == nullptr ? nullptr : std::get_if<std::vector<JsonNode>>(&node->value);
}
const JsonMembers* members_of(const JsonNode* node) {
  return node == nullptr ? nullptr : std::get_if<JsonMembers>(&node->value);
}

bool has_type(const JsonNode& schema, std::string_view name) {
  const JsonNode* type = schema.find("type");
  if (const auto* one = text_of(type)) return *one == name;
  const auto* list = list_of(type);
  return list != nullptr && std::ranges::any_of(*list, [&](const JsonNode& item) {
           const auto* one = std::get_if<std::string>(&item.value);
           return one != nullptr && *one == name;
         });
}

class Checker {
 public:
  Compiled<void> root(const JsonNode& schema) {
    if (!has_type(schema, "object") || text_of(schema.find("type")) == nullptr) {
      const auto* type = schema.find("type");
      const auto* name = text_of(type);
      return refuse(RefusalCode::kUnsupportedKeyword, "type",
                    fmt::format("schema must be a JSON Schema of 'type: \"object\"', got 'type: "
                                "\"{}\"'.",
                                name != nullptr ? *name : "None"));
    }
    if (schema.find("anyOf") != nullptr) return not_permitted("anyOf");
    TRY_STATUS(check(schema, 0));
    return totals();
  }

 private:
  std::unexpected<Refusal> refuse(RefusalCode code, std::string_view keyword,
                                  std::string message) const {
    std::string pointer;
    for (const std::string& token : context_) pointer += pointer_token(token);
    if (!keyword.empty()) pointer += pointer_token(keyword);
    return std::unexpected(Refusal{.code = code,
                                   .keyword = std::string(keyword),
                                   .pointer = std::move(pointer),
                                   .message = std::move(message),
                                   .hint = {}});
  }
  // As Python writes a tuple, which is what OpenAI's messages hold.
  std::unexpected<Refusal> in_context(RefusalCode code, std::string_view keyword,
                                      std::string_view what) const {
    std::string tuple = "(";
    for (std::size_t i = 0; i < context_.size(); ++i) {
      tuple += fmt::format("{}'{}'", i > 0 ? ", " : "", context_[i]);
    }
    tuple += context_.size() == 1 ? ",)" : ")";
    return refuse(code, keyword, fmt::format("In context={}, {}", tuple, what));
  }
  std::unexpected<Refusal> not_permitted(std::string_view keyword) const {
    return in_context(RefusalCode::kUnsupportedKeyword, keyword,
                      fmt::format("'{}' is not permitted.", keyword));
  }
  std::unexpected<Refusal> malformed(std::string_view keyword, std::string_view what) const {
    return in_context(RefusalCode::kMalformedSchema, keyword, what);
  }

  Compiled<void> check(const JsonNode& schema, std::size_t level) {
    const auto* members = members_of(&schema);
    if (members == nullptr) return malformed({}, "schema must be an object.");
    if (level > kLevelsMax) {
      return malformed({}, fmt::format("schema exceeds {} levels of nesting.", kLevelsMax));
    }
    for (const auto& [name, value] : *members) {
      if (std::ranges::find(kPermitted, name) == kPermitted.end()) return not_permitted(name);
    }
    if (schema.find("$ref") == nullptr && schema.find("anyOf") == nullptr &&
        schema.find("type") == nullptr && schema.find("enum") == nullptr &&
        schema.find("const") == nullptr) {
      return malformed("type", "schema must have a 'type' key.");
    }
    TRY_STATUS(check_text(schema));
    TRY_STATUS(check_object(schema));
    TRY_STATUS(check_array(schema));
    TRY_STATUS(check_map(schema, "properties", level + 1));
    TRY_STATUS(check_map(schema, "$defs", level));
    TRY_STATUS(check_map(schema, "definitions", level));
    return check_below(schema, level);
  }

  Compiled<void> check_text(const JsonNode& schema) {
    const auto* format = text_of(schema.find("format"));
    if (format != nullptr && std::ranges::find(kFormats, *format) == kFormats.end()) {
      return in_context(RefusalCode::kUnsupportedKeyword, "format",
                        fmt::format("'{}' is not a valid format.", *format));
    }
    if (const JsonNode* constant = schema.find("const")) text_ += length(*constant);
    const auto* values = list_of(schema.find("enum"));
    if (values == nullptr) return {};
    std::size_t characters = 0;
    for (const JsonNode& value : *values) characters += length(value);
    enum_values_ += values->size();
    text_ += characters;
    if (values->size() > kLargeEnum && characters > kLargeEnumTextMax) {
      return malformed("enum", fmt::format("'enum' with more than {} values has {} characters; the "
                                           "limit is {}.",
                                           kLargeEnum, characters, kLargeEnumTextMax));
    }
    return {};
  }
  static std::size_t length(const JsonNode& value) {
    const auto* text = std::get_if<std::string>(&value.value);
    return count_code_points(text != nullptr ? *text : compact_text(value));
  }

  Compiled<void> check_object(const JsonNode& schema) {
    const auto* properties = members_of(schema.find("properties"));
    if (properties == nullptr && !has_type(schema, "object")) return {};
    const JsonNode* additional = schema.find("additionalProperties");
    const bool* allowed = additional == nullptr ? nullptr : std::get_if<bool>(&additional->value);
    if (allowed == nullptr || *allowed) {
      return malformed("additionalProperties",
                       "'additionalProperties' is required to be supplied and to be false.");
    }
    if (properties == nullptr) return malformed("properties", "object schema missing properties.");
    properties_ += properties->size();
    std::unordered_set<std::string_view> required;
    if (const auto* names = list_of(schema.find("required"))) {
      for (const JsonNode& name : *names) {
        if (const auto* text = std::get_if<std::string>(&name.value)) required.insert(*text);
      }
    }
    for (const auto& [name, value] : *properties) {
      if (required.erase(name) > 0) continue;
      return malformed("required",
                       fmt::format("'required' is required to be supplied and to be an array "
                                   "including every key in properties. Missing '{}'.",
                                   name));
    }
    if (required.empty()) return {};
    return malformed("required", fmt::format("'required' is required to be supplied and to be an "
                                             "array including every key in properties. Extra "
                                             "required key '{}' supplied.",
                                             *required.begin()));
  }

  Compiled<void> check_array(const JsonNode& schema) const {
    if (!has_type(schema, "array") || schema.find("items") != nullptr) return {};
    return malformed("items", "array schema missing items.");
  }

  Compiled<void> check_map(const JsonNode& schema, std::string_view keyword, std::size_t level) {
    const auto* map = members_of(schema.find(keyword));
    if (map == nullptr) return {};
    for (const auto& [name, value] : *map) {
      text_ += count_code_points(name);
      TRY_STATUS(check_at(value, {std::string(keyword), name}, level));
    }
    return {};
  }

  Compiled<void> check_below(const JsonNode& schema, std::size_t level) {
    if (const JsonNode* items = schema.find("items")) {
      TRY_STATUS(check_at(*items, {"items"}, level + 1));
    }
    const auto* alternatives = list_of(schema.find("anyOf"));
    for (std::size_t i = 0; alternatives != nullptr && i < alternatives->size(); ++i) {
      TRY_STATUS(check_at((*alternatives)[i], {"anyOf", std::to_string(i)}, level));
    }
    return {};
  }

  Compiled<void> check_at(const JsonNode& schema, const std::vector<std::string>& tokens,
                          std::size_t level) {
    context_.insert(context_.end(), tokens.begin(), tokens.end());
    TRY_STATUS(check(schema, level));
    context_.resize(context_.size() - tokens.size());
    return {};
  }

  Compiled<void> totals() const {
    const struct {
      std::size_t count, limit;
      std::string_view what;
    } rows[] = {{properties_, kPropertiesMax, "object properties"},
                {enum_values_, kEnumValuesMax, "enum values"},
                {text_, kTextMax, "characters of names, enum and const values"}};
    for (const auto& row : rows) {
      if (row.count <= row.limit) continue;
      return refuse(
          RefusalCode::kSchemaTooLarge, {},
          fmt::format("schema has {} {}; the limit is {}.", row.count, row.what, row.limit));
    }
    return {};
  }

  std::vector<std::string> context_;
  std::size_t properties_ = 0, enum_values_ = 0, text_ = 0;
};

}  // namespace

Compiled<void> check_openai_strict(const JsonNode& root) { return Checker().root(root); }

}  // namespace diptych::grammar
