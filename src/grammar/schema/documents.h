#pragma once
// The documents that schemas stand in: the text itself, the registry, the built-in meta-schemas;
// their resources (parts with a URI of their own) and anchors; and what a reference leads to.
// Identifiers are collected only when a reference asks for one that is not yet known.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/schema/dialects.h"
#include "grammar/schema/json_value.h"
#include "grammar/schema/keyword_table.h"

namespace diptych::grammar {

using ResourceIndex = std::uint32_t;

struct SchemaPlace {  // one JSON value that is, or may be, a schema
  const JsonNode* node = nullptr;
  ResourceIndex resource = 0;
  std::string pointer;  // as SchemaNode::pointer
};

struct IdentifiedResource {
  std::string uri;
  SchemaPlace root;
  DialectUse dialect;
  std::vector<std::pair<std::string, SchemaPlace>> anchors, dynamic_anchors;  // known once indexed
};

class Documents {
 public:
  explicit Documents(const CompileOptions& options) : options_(options) {}

  Compiled<SchemaPlace> load_main(std::string_view text);
  // The place with its own resource, when it opens one by $id. To be called on every schema before
  // anything below it is looked at.
  Compiled<SchemaPlace> entered(SchemaPlace place);

  struct Target {
    SchemaPlace place;
    std::string dynamic_anchor;  // the reference named an anchor that is also a dynamic one
  };
  Compiled<Target> resolve(const SchemaPlace& from, std::string_view keyword,
                           std::string_view reference);

  // Anchors of every document loaded so far.
  Compiled<void> index_all();
  const IdentifiedResource& resource(ResourceIndex index) const { return resources_[index]; }
  std::size_t resource_count() const { return resources_.size(); }

 private:
  struct Document {
    std::string prefix;  // of pointers into it: "" or "uri#"
    JsonNode root;
    ResourceIndex resource = 0;
    bool indexed = false;
  };

  Compiled<ResourceIndex> load(std::string_view uri, std::string_view text,
                               const DialectUse& usual);
  Compiled<DialectUse> dialect_of(const JsonNode& root, const DialectUse& usual,
                                  const std::string& pointer);
  Compiled<DialectUse> own_dialect(const std::string& schema_uri, const DialectUse& usual,
                                   const std::string& pointer);
  Compiled<ResourceIndex> open_resource(std::string uri, SchemaPlace root);
  Compiled<void> index_document(std::size_t which);
  Compiled<void> index_place(const SchemaPlace& place, std::vector<SchemaPlace>& pending);
  void index_anchors(const SchemaPlace& place);
  const ResourceIndex* find_resource(const std::string& uri) const;
  Compiled<const ResourceIndex*> find_or_load(const std::string& uri, const SchemaPlace& from);
  Compiled<SchemaPlace> follow_pointer(ResourceIndex resource, std::string_view pointer);

  const CompileOptions& options_;
  std::vector<std::unique_ptr<Document>> documents_;
  std::vector<IdentifiedResource> resources_;
  std::unordered_map<std::string, ResourceIndex> by_uri_;
  std::unordered_map<const JsonNode*, ResourceIndex> by_root_;
  std::vector<std::string> loading_;  // meta-schemas being looked at, so that a circle ends
};

std::string pointer_token(std::string_view name);  // "/" and the name, escaped

}  // namespace diptych::grammar
