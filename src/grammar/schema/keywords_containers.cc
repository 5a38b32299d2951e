// Arrays and objects.
#include <fmt/format.h>

#include "grammar/schema/keywords.h"

namespace diptych::grammar::keywords {
namespace {

bool is_list(const JsonNode* value) {
  return value != nullptr && std::holds_alternative<std::vector<JsonNode>>(value->value);
}

Compiled<void> add_dependency(KeywordReader& reader, const std::string& name,
                              const JsonNode& value) {
  if (is_list(&value)) {
    TRY(auto names, reader.names(value));
    reader.node.dependent_required.emplace_back(name, std::move(names));
    return {};
  }
  // Draft 3 wrote a single name.
  if (std::holds_alternative<std::string>(value.value)) {
    return reader.malformed("for each name a schema or an array of names", value);
  }
  TRY(const SchemaId id, reader.schema(value, pointer_token(name)));
  reader.node.dependent_schemas.emplace_back(name, id);
  return {};
}

}  // namespace

// A list is what prefixItems was called before 2020-12; without prefixItems it can mean nothing
// else in 2020-12 either.
Compiled<void> read_items(KeywordReader& reader, const JsonNode& value) {
  if (!is_list(&value)) {
    TRY(reader.node.items, reader.schema(value));
    return {};
  }
  if (reader.node.dialect == Dialect::k2020 && reader.sibling("prefixItems") != nullptr) {
    return reader.malformed("one schema where prefixItems stands beside it", value);
  }
  if (std::get<std::vector<JsonNode>>(value.value).empty()) return {};
  TRY(reader.node.prefix_items, reader.schemas(value));
  return {};
}

Compiled<void> read_additional_items(KeywordReader& reader, const JsonNode& value) {
  if (!is_list(reader.sibling("items"))) {
    if (reader.node.dialect == Dialect::k2020) reader.warn("ignored: items is not a list");
    return {};
  }
  TRY(reader.node.items, reader.schema(value));
  return {};
}

Compiled<void> read_unique_items(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.unique_items, reader.boolean(value));
  return {};
}

Compiled<void> read_required(KeywordReader& reader, const JsonNode& value) {
  if (std::holds_alternative<bool>(value.value)) {
    return reader.malformed("an array of names", value,
                            "list the required names in the object that has them");
  }
  TRY(reader.node.required, reader.names(value));
  return {};
}

Compiled<void> read_pattern_properties(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.pattern_properties, reader.schema_map(value));
  for (const auto& [pattern, id] : reader.node.pattern_properties) {
    auto checked = reader.sink.check_pattern(pattern);
    if (checked) continue;
    return reader.refuse(checked.error().code,
                         fmt::format("{:?}: {}", pattern, checked.error().message),
                         std::move(checked.error().hint));
  }
  return {};
}

Compiled<void> read_dependent_required(KeywordReader& reader, const JsonNode& value) {
  const auto* members = std::get_if<JsonMembers>(&value.value);
  if (members == nullptr) return reader.malformed("an object of name lists", value);
  for (const auto& [name, names] : *members) {
    TRY(auto read, reader.names(names));
    reader.node.dependent_required.emplace_back(name, std::move(read));
  }
  return {};
}

Compiled<void> read_dependencies(KeywordReader& reader, const JsonNode& value) {
  const auto* members = std::get_if<JsonMembers>(&value.value);
  if (members == nullptr) return reader.malformed("an object of schemas or name lists", value);
  for (const auto& [name, member] : *members) TRY_STATUS(add_dependency(reader, name, member));
  return {};
}

}  // namespace diptych::grammar::keywords
