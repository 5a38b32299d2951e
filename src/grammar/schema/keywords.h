#pragma once
// The readers that keyword_table.cc names: one for each form a keyword's value has.

#include "grammar/schema/keyword_reader.h"

namespace diptych::grammar::keywords {

// A keyword whose value goes into one member of SchemaNode.
template <auto kMember>
Compiled<void> read_count(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.*kMember, reader.count(value));
  return {};
}
template <auto kMember>
Compiled<void> read_bound(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.number.*kMember, reader.number(value));
  return {};
}
template <auto kMember>
Compiled<void> read_schema_in(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.*kMember, reader.schema(value));
  return {};
}
template <auto kMember>
Compiled<void> read_schemas(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.*kMember, reader.schemas(value));
  return {};
}
template <auto kMember>
Compiled<void> read_schema_map(KeywordReader& reader, const JsonNode& value) {
  TRY(reader.node.*kMember, reader.schema_map(value));
  return {};
}

Compiled<void> read_type(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_enum(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_const(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_exclusive_minimum(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_exclusive_maximum(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_multiple_of(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_pattern(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_format(KeywordReader& reader, const JsonNode& value);

Compiled<void> read_items(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_additional_items(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_unique_items(KeywordReader& reader, const JsonNode& value);

Compiled<void> read_required(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_pattern_properties(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_dependent_required(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_dependencies(KeywordReader& reader, const JsonNode& value);

Compiled<void> read_ref(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_dynamic_ref(KeywordReader& reader, const JsonNode& value);
Compiled<void> read_recursive_ref(KeywordReader& reader, const JsonNode& value);

Compiled<void> read_openapi(KeywordReader& reader, const JsonNode& value);  // warns

}  // namespace diptych::grammar::keywords
