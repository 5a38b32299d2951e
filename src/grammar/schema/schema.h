#pragma once
// A JSON Schema after reading: dialect known, references resolved, every keyword typed and checked.
// Rows of one table, joined by index, so that recursion costs nothing. What is here must be
// enforced in full by whoever uses it; what cannot be was refused while reading or is in
// `warnings`.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/constraint.h"
#include "grammar/policy.h"
#include "grammar/refusal.h"
#include "grammar/schema/decimal.h"
#include "grammar/schema/json_value.h"

namespace diptych::grammar {

using SchemaId = std::uint32_t;  // index into Schema::nodes

enum class Dialect : std::uint8_t { kDraft4, kDraft6, kDraft7, k2019, k2020 };

// Bits; integer is number ∧ whole. In draft 4 a whole number written 1.0 or 1e3 is no integer.
struct TypeSet {
  static constexpr std::uint8_t kNull = 1, kBoolean = 2, kObject = 4, kArray = 8, kNumber = 16,
                                kString = 32, kInteger = 64;
  std::uint8_t bits = kNull | kBoolean | kObject | kArray | kNumber | kString;
};

// Every member absent: the schema `true`. `never`: the schema `false`.
struct SchemaNode {
  std::string pointer;  // where it stands, for refusals: "/properties/html"; other documents:
                        // "uri#/pointer"
  Dialect dialect = Dialect::k2020;
  bool never = false;
  std::optional<TypeSet> types;
  std::optional<std::vector<JsonNode>> enumeration;
  std::optional<JsonNode> constant;

  struct NumberBounds {
    std::optional<Decimal> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  } number;

  std::optional<std::uint64_t> min_length, max_length;  // code points
  std::optional<std::string> pattern;  // ECMA-262, unanchored; it was parsed once without error
  std::optional<std::string> format;   // one of known_formats(); only with Formats::kAssert

  std::vector<SchemaId> prefix_items;
  std::optional<SchemaId> items;  // of the rest: items, or additionalItems of the older drafts
  std::optional<std::uint64_t> min_items, max_items;
  bool unique_items = false;
  std::optional<SchemaId> contains;
  std::optional<std::uint64_t> min_contains,
      max_contains;  // min: 1 when contains is there and nothing is said
  std::optional<SchemaId> unevaluated_items;

  std::vector<std::pair<std::string, SchemaId>> properties;  // in document order
  std::vector<std::string> required;                         // without repeats, in document order
  std::vector<std::pair<std::string, SchemaId>> pattern_properties;
  std::optional<SchemaId> additional_properties, property_names, unevaluated_properties;
  std::optional<std::uint64_t> min_properties, max_properties;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, SchemaId>> dependent_schemas;

  std::vector<SchemaId> all_of, any_of, one_of;  // any_of, one_of: empty means absent
  std::optional<SchemaId> negated;               // not
  std::optional<SchemaId> condition, then, otherwise;
  std::optional<SchemaId>
      ref;  // $ref; draft 7 and older: everything beside it was dropped, as they say
  // $dynamicRef, $recursiveRef: every place it may lead to, by the resource of the outermost
  // dynamic scope that has the anchor. One target: treat it as ref.
  struct DynamicRef {
    SchemaId fallback = 0;
    std::string anchor;  // "" for $recursiveRef
  };
  std::optional<DynamicRef> dynamic_ref;
  std::uint32_t resource =
      0;  // index into Schema::resources: whose dynamic anchors it brings into scope
};

struct SchemaResource {
  std::string uri;
  std::vector<std::pair<std::string, SchemaId>> dynamic_anchors;
};

struct Schema {
  std::vector<SchemaNode> nodes;
  std::vector<SchemaResource> resources;
  SchemaId root = 0;
  Warnings warnings;  // param: the pointer
};

// References are resolved within the text, the registry and the built-in meta-schemas; nothing is
// fetched.
Compiled<Schema> read_schema(std::string_view text, const CompileOptions& options);

// The formats that can be asserted; all others are annotations.
std::span<const std::string_view> known_formats();

// Does the value hold? A plain recursive evaluator that shares nothing with the machine: the last
// look at a finished document, and the judge of tests. nullopt: it holds; else where and which
// keyword.
struct Violation {
  std::string keyword, schema_pointer, instance_pointer;
};
std::optional<Violation> validate(const Schema& schema, const JsonNode& value);

}  // namespace diptych::grammar
