// type, enum, const; numbers and strings.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "grammar/schema/keywords.h"

namespace diptych::grammar::keywords {
namespace {

struct TypeRow {
  std::string_view name;
  std::uint8_t bit;
};
constexpr std::array<TypeRow, 7> kTypes = {{
    {"null", TypeSet::kNull},
    {"boolean", TypeSet::kBoolean},
    {"object", TypeSet::kObject},
    {"array", TypeSet::kArray},
    {"number", TypeSet::kNumber},
    {"string", TypeSet::kString},
    {"integer", TypeSet::kInteger},
}};

constexpr std::array<std::string_view, 4> kUncheckedFormats = {"idn-email", "idn-hostname", "iri",
                                                               "iri-reference"};

// Draft 4: a boolean that sharpens the bound beside it. Newer: a bound of its own. The two forms
// cannot be mistaken for each other, so each is read in every dialect.
Compiled<void> read_exclusive(KeywordReader& reader, const JsonNode& value, std::string_view beside,
                              std::optional<Decimal>& bound) {
  const bool* sharpens = std::get_if<bool>(&value.value);
  if (sharpens == nullptr) {
    TRY(bound, reader.number(value));
    return {};
  }
  if (!*sharpens) return {};
  const JsonNode* inclusive = reader.sibling(beside);
  if (inclusive == nullptr) {
    reader.warn(fmt::format("ignored: there is no {} beside it", beside));
    return {};
  }
  TRY(bound, reader.number(*inclusive));
  return {};
}

}  // namespace

Compiled<void> read_type(KeywordReader& reader, const JsonNode& value) {
  const auto* list = std::get_if<std::vector<JsonNode>>(&value.value);
  TypeSet types{.bits = 0};
  const std::size_t count = list == nullptr ? 1 : list->size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto* name = std::get_if<std::string>(list == nullptr ? &value.value : &(*list)[i].value);
    const auto row =
        name == nullptr ? kTypes.end() : std::ranges::find(kTypes, *name, &TypeRow::name);
    if (row == kTypes.end()) {
      return reader.malformed(
          "one or a list of null, boolean, object, array, number, integer, string", value);
    }
    types.bits |= row->bit;
  }
  if (count == 0) return reader.malformed("at least one type", value);
  reader.node.types = types;
  return {};
}

Compiled<void> read_enum(KeywordReader& reader, const JsonNode& value) {
  const auto* items = std::get_if<std::vector<JsonNode>>(&value.value);
  if (items == nullptr) return reader.malformed("an array of values", value);
  reader.node.enumeration = *items;
  return {};
}

Compiled<void> read_const(KeywordReader& reader, const JsonNode& value) {
  reader.node.constant = value;
  return {};
}

Compiled<void> read_exclusive_minimum(KeywordReader& reader, const JsonNode& value) {
  return read_exclusive(reader, value, "minimum", reader.node.number.exclusive_minimum);
}

Compiled<void> read_exclusive_maximum(KeywordReader& reader, const JsonNode& value) {
  return read_exclusive(reader, value, "maximum", reader.node.number.exclusive_maximum);
}

Compiled<void> read_multiple_of(KeywordReader& reader, const JsonNode& value) {
  TRY(const Decimal number, reader.number(value));
  if (number.negative || number.is_zero()) return reader.malformed("a number > 0", value);
  reader.node.number.multiple_of = number;
  return {};
}

Compiled<void> read_pattern(KeywordReader& reader, const JsonNode& value) {
  TRY(std::string pattern, reader.text(value));
  if (auto checked = reader.sink.check_pattern(pattern); !checked) {
    return reader.refuse(checked.error().code, std::move(checked.error().message),
                         std::move(checked.error().hint));
  }
  reader.node.pattern = std::move(pattern);
  return {};
}

Compiled<void> read_format(KeywordReader& reader, const JsonNode& value) {
  TRY(std::string format, reader.text(value));
  const bool demanded =
      (reader.sink.dialect(reader.place).vocabularies & Vocabulary::kFormatAssertion) != 0;
  if (reader.sink.options().policy.formats == Formats::kAnnotate && !demanded) return {};
  if (std::ranges::find(known_formats(), format) != known_formats().end()) {
    reader.node.format = std::move(format);
  } else if (std::ranges::find(kUncheckedFormats, format) != kUncheckedFormats.end()) {
    return reader.refuse(RefusalCode::kUnsupportedKeyword,
                         fmt::format("the format {:?} cannot be enforced", format),
                         "its ASCII counterpart can; or let formats be annotations");
  } else {
    reader.warn(fmt::format("the format {:?} is not known: any string is allowed", format));
  }
  return {};
}

Compiled<void> read_openapi(KeywordReader& reader, const JsonNode& value) {
  const bool* on = std::get_if<bool>(&value.value);
  if (reader.keyword != "nullable") {
    reader.warn(fmt::format("{} belongs to OpenAPI, not to JSON Schema: ignored", reader.keyword));
  } else if (on == nullptr || *on) {
    reader.warn(
        "nullable belongs to OpenAPI, not to JSON Schema: ignored; write \"null\" into type");
  }
  return {};
}

}  // namespace diptych::grammar::keywords
