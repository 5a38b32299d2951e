#pragma once
// Reads the schemas that are reachable from the root, each once, breadth first; nothing recurses.

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "grammar/schema/keyword_reader.h"
#include "grammar/text/language.h"

namespace diptych::grammar {

class SchemaReader final : public SchemaSink {
 public:
  explicit SchemaReader(const CompileOptions& options);
  Compiled<Schema> read(std::string_view text);

  SchemaId want(SchemaPlace place) override;
  void warn(std::string pointer, std::string message) override;
  Compiled<Documents::Target> resolve(const SchemaPlace& from, std::string_view keyword,
                                      std::string_view reference) override;
  Compiled<void> check_pattern(const std::string& pattern) override;
  const CompileOptions& options() const override { return options_; }
  const DialectUse& dialect(const SchemaPlace& place) const override;

 private:
  struct Pending {
    SchemaId id;
    SchemaPlace place;
  };

  Compiled<void> read_pending();
  Compiled<void> check_budget() const;
  Compiled<SchemaNode> read_node(const SchemaPlace& place);
  Compiled<void> read_keyword(KeywordReader& reader, const JsonNode& value, bool beside_ref);
  Compiled<void> read_unknown(KeywordReader& reader);
  Compiled<void> want_dynamic_anchors();
  void settle_dynamic_refs();

  const CompileOptions& options_;
  Documents documents_;
  Schema schema_;
  std::deque<Pending> pending_;
  std::unordered_map<const JsonNode*, SchemaId> ids_;
  std::vector<bool> resource_in_use_;
  std::size_t warnings_left_out_ = 0;
  std::unique_ptr<Languages> languages_;      // made by the first pattern
  std::unordered_set<std::string> patterns_;  // checked
  std::chrono::steady_clock::time_point deadline_;
};

// Refuses schemas that lead back to themselves without going into the value: nothing says what they
// mean.
Compiled<void> check_circles(const Schema& schema);

}  // namespace diptych::grammar
