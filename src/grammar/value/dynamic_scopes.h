#pragma once
// Dynamic scopes, as far as they matter: for each dynamic anchor the outermost resource on the way
// that has it. Scope 0: none yet.

#include <cstdint>

#include "grammar/schema/schema.h"
#include "grammar/value/sequence_table.h"

namespace diptych::grammar {

using ScopeId = SequenceId;

class DynamicScopes {
 public:
  explicit DynamicScopes(const Schema& schema);
  ScopeId enter(ScopeId scope, std::uint32_t resource);
  SchemaId target(ScopeId scope, const SchemaNode::DynamicRef& ref) const;

 private:
  std::uint32_t index_of(const std::string& anchor) const;

  const Schema& schema_;
  std::vector<std::string> anchors_;  // that some reference looks for
  SequenceTable scopes_;              // pairs: anchor, target
};

}  // namespace diptych::grammar
