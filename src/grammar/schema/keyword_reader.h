#pragma once
// What the reader of one keyword sees: the node it fills in, the schema around it, and typed looks
// at its value that refuse what has the wrong form.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/schema/documents.h"
#include "grammar/schema/schema.h"

namespace diptych::grammar {

// What reading one schema asks of the whole.
class SchemaSink {
 public:
  virtual ~SchemaSink() = default;
  virtual SchemaId want(SchemaPlace place) = 0;  // reads it later, once
  virtual void warn(std::string pointer, std::string message) = 0;
  virtual Compiled<Documents::Target> resolve(const SchemaPlace& from, std::string_view keyword,
                                              std::string_view reference) = 0;
  // Refuses a pattern that is no regular expression.
  virtual Compiled<void> check_pattern(const std::string& pattern) = 0;
  virtual const CompileOptions& options() const = 0;
  virtual const DialectUse& dialect(const SchemaPlace& place) const = 0;
};

struct KeywordReader {
  SchemaSink& sink;
  const SchemaPlace& place;  // of the schema
  SchemaNode& node;
  std::string_view keyword = {};  // the one being read

  const JsonNode* sibling(std::string_view name) const { return place.node->find(name); }
  std::string pointer() const { return place.pointer + pointer_token(keyword); }

  std::unexpected<Refusal> refuse(RefusalCode code, std::string message,
                                  std::string hint = {}) const;
  std::unexpected<Refusal> malformed(std::string_view expected, const JsonNode& value,
                                     std::string hint = {}) const;
  void warn(std::string message) const { sink.warn(pointer(), std::move(message)); }

  Compiled<std::uint64_t> count(const JsonNode& value) const;  // ≥ 0; saturates
  Compiled<Decimal> number(const JsonNode& value) const;
  Compiled<bool> boolean(const JsonNode& value) const;
  Compiled<std::string> text(const JsonNode& value) const;
  Compiled<std::vector<std::string>> names(const JsonNode& value) const;  // repeats left out
  // `below`: tokens between the keyword and the schema.
  Compiled<SchemaId> schema(const JsonNode& value, std::string_view below = {}) const;
  Compiled<std::vector<SchemaId>> schemas(const JsonNode& value) const;  // not empty
  Compiled<std::vector<std::pair<std::string, SchemaId>>> schema_map(const JsonNode& value) const;
};

std::string_view kind_of(const JsonNode& value);  // "an object", "null"

}  // namespace diptych::grammar
