#pragma once
// Every keyword known, one row each: which dialects have it, what its value holds, who reads it.

#include <cstdint>
#include <span>
#include <string_view>

#include "grammar/schema/dialects.h"

namespace diptych::grammar {

struct KeywordReader;  // keyword_reader.h

enum class Holds : std::uint8_t {  // where schemas stand inside a keyword's value
  kNothing,
  kSchema,
  kList,          // an array of schemas
  kSchemaOrList,  // items
  kMap,           // an object of schemas; dependencies: or of name lists
};

struct KeywordRow {
  std::string_view name;
  Dialect first, last;
  Vocabularies vocabulary;
  Holds holds;
  Compiled<void> (*read)(KeywordReader& reader, const JsonNode& value);  // nullptr: asserts nothing
};

const KeywordRow* find_keyword(std::string_view name);  // nullptr: unknown in every dialect

}  // namespace diptych::grammar
