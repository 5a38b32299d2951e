#pragma once
// A JSON document as a schema needs it: order kept, numbers exact with their own spelling, every
// place known.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "grammar/refusal.h"
#include "grammar/schema/decimal.h"

namespace diptych::grammar {

struct JsonNode;
using JsonMembers = std::vector<std::pair<std::string, JsonNode>>;

struct JsonNode {
  struct Number {
    Decimal value;
    std::string spelling;
  };
  std::variant<std::monostate, bool, Number, std::string, std::vector<JsonNode>, JsonMembers> value;

  bool is_object() const { return std::holds_alternative<JsonMembers>(value); }
  const JsonNode* find(std::string_view name) const;  // nullptr unless an object that has it
};

struct JsonReadLimits {
  int depth_max = 256;
  std::size_t bytes_max = std::size_t{4} << 20;
};

// Strict RFC 8259; duplicate names, lone surrogates, bad UTF-8 and trailing text are errors that
// name the byte.
Compiled<JsonNode> read_json(std::string_view text, const JsonReadLimits& limits = {});

// Equality of JSON Schema: numbers by value, objects without order.
bool same_value(const JsonNode& a, const JsonNode& b);
// One text for equal values: sorted keys, numbers in normal form. For sets of values, and hashes.
std::string canonical_text(const JsonNode& value);
// The value as json.dumps writes it, or without spaces; strings canonically escaped, numbers as
// spelled.
std::string compact_text(const JsonNode& value);

}  // namespace diptych::grammar
