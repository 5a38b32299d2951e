#include "grammar/schema/keyword_reader.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <unordered_set>

namespace diptych::grammar {

std::string_view kind_of(const JsonNode& value) {
  constexpr std::array<std::string_view, 6> kKinds = {"null",     "a boolean", "a number",
                                                      "a string", "an array",  "an object"};
  return kKinds[value.value.index()];
}

std::unexpected<Refusal> KeywordReader::refuse(RefusalCode code, std::string message,
                                               std::string hint) const {
  return std::unexpected(Refusal{.code = code,
                                 .keyword = std::string(keyword),
                                 .pointer = pointer(),
                                 .message = std::move(message),
                                 .hint = std::move(hint)});
}

std::unexpected<Refusal> KeywordReader::malformed(std::string_view expected, const JsonNode& value,
                                                  std::string hint) const {
  constexpr std::size_t kShownMax = 60;
  std::string shown = compact_text(value);
  const bool is_short = shown.size() <= kShownMax;
  return refuse(RefusalCode::kMalformedSchema,
                fmt::format("{} needs {}; this is {}", keyword, expected,
                            is_short ? std::string_view(shown) : kind_of(value)),
                std::move(hint));
}

Compiled<std::uint64_t> KeywordReader::count(const JsonNode& value) const {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr std::size_t kDigitsMax = 18;
  const auto* number = std::get_if<JsonNode::Number>(&value.value);
  if (number == nullptr || !number->value.is_integer() || number->value.negative) {
    return malformed("a whole number ≥ 0", value);
  }
  const Decimal& exact = number->value;
  if (exact.digits.size() + static_cast<std::size_t>(exact.exponent) > kDigitsMax) return kMost;
  std::uint64_t read = 0;
  std::from_chars(exact.digits.data(), exact.digits.data() + exact.digits.size(), read);
  for (std::int64_t i = 0; i < exact.exponent; ++i) read *= 10;
  return read;
}

Compiled<Decimal> KeywordReader::number(const JsonNode& value) const {
  constexpr std::size_t kDigitsMax = 400;
  const auto* number = std::get_if<JsonNode::Number>(&value.value);
  if (number == nullptr) return malformed("a number", value);
  if (number->value.digits.size() > kDigitsMax) {
    return refuse(
        RefusalCode::kSchemaTooLarge,
        fmt::format("{} digits; the limit is {}", number->value.digits.size(), kDigitsMax));
  }
  return number->value;
}

Compiled<bool> KeywordReader::boolean(const JsonNode& value) const {
  const bool* read = std::get_if<bool>(&value.value);
  if (read == nullptr) return malformed("true or false", value);
  return *read;
}

Compiled<std::string> KeywordReader::text(const JsonNode& value) const {
  const auto* read = std::get_if<std::string>(&value.value);
  if (read == nullptr) return malformed("a string", value);
  return *read;
}

Compiled<std::vector<std::string>> KeywordReader::names(const JsonNode& value) const {
  const auto* items = std::get_if<std::vector<JsonNode>>(&value.value);
  if (items == nullptr) return malformed("an array of names", value);
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const JsonNode& item : *items) {
    const auto* name = std::get_if<std::string>(&item.value);
    if (name == nullptr) return malformed("an array of names", value);
    if (seen.insert(*name).second) names.push_back(*name);
  }
  return names;
}

Compiled<SchemaId> KeywordReader::schema(const JsonNode& value, std::string_view below) const {
  if (!value.is_object() && !std::holds_alternative<bool>(value.value)) {
    return malformed("a schema (an object or a boolean)", value);
  }
  return sink.want({&value, place.resource, pointer().append(below)});
}

Compiled<std::vector<SchemaId>> KeywordReader::schemas(const JsonNode& value) const {
  const auto* items = std::get_if<std::vector<JsonNode>>(&value.value);
  if (items == nullptr || items->empty())
    return malformed("an array of at least one schema", value);
  const std::size_t limit = sink.options().limits.alternatives_max;
  if (items->size() > limit) {
    return refuse(RefusalCode::kTooManyAlternatives,
                  fmt::format("{} schemas; the limit is {}", items->size(), limit));
  }
  std::vector<SchemaId> ids;
  ids.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    TRY(const SchemaId id, schema((*items)[i], fmt::format("/{}", i)));
    ids.push_back(id);
  }
  return ids;
}

Compiled<std::vector<std::pair<std::string, SchemaId>>> KeywordReader::schema_map(
    const JsonNode& value) const {
  const auto* members = std::get_if<JsonMembers>(&value.value);
  if (members == nullptr) return malformed("an object of schemas", value);
  std::vector<std::pair<std::string, SchemaId>> map;
  map.reserve(members->size());
  for (const auto& [name, member] : *members) {
    TRY(const SchemaId id, schema(member, pointer_token(name)));
    map.emplace_back(name, id);
  }
  return map;
}

}  // namespace diptych::grammar
