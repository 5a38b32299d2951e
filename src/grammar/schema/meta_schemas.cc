#include "grammar/schema/meta_schemas.h"

#include <algorithm>

namespace diptych::grammar {

const MetaSchema* find_meta_schema(std::string_view uri) {
  for (const auto schemas : {meta_schemas_drafts(), meta_schemas_2019(), meta_schemas_2020()}) {
    const auto found = std::ranges::find(schemas, uri, &MetaSchema::uri);
    if (found != schemas.end()) return &*found;
  }
  return nullptr;
}

}  // namespace diptych::grammar
