#include "grammar/value/dynamic_scopes.h"

#include <algorithm>

namespace diptych::grammar {

DynamicScopes::DynamicScopes(const Schema& schema) : schema_(schema) {
  for (const SchemaNode& node : schema.nodes) {
    if (!node.dynamic_ref) continue;
    const std::string& anchor = node.dynamic_ref->anchor;
    if (std::ranges::find(anchors_, anchor) == anchors_.end()) anchors_.push_back(anchor);
  }
}

std::uint32_t DynamicScopes::index_of(const std::string& anchor) const {
  return static_cast<std::uint32_t>(std::ranges::find(anchors_, anchor) - anchors_.begin());
}

ScopeId DynamicScopes::enter(ScopeId scope, std::uint32_t resource) {
  if (anchors_.empty() || resource >= schema_.resources.size()) return scope;
  std::vector<std::uint32_t> pairs(scopes_[scope].begin(), scopes_[scope].end());
  for (const auto& [anchor, target] : schema_.resources[resource].dynamic_anchors) {
    const std::uint32_t index = index_of(anchor);
    if (index == anchors_.size()) continue;
    std::size_t at = 0;
    while (at < pairs.size() && pairs[at] < index) at += 2;
    if (at < pairs.size() && pairs[at] == index) continue;  // further out it was there already
    const std::uint32_t pair[] = {index, target};
    pairs.insert(pairs.begin() + static_cast<std::ptrdiff_t>(at), pair, pair + 2);
  }
  return scopes_.intern(pairs);
}

SchemaId DynamicScopes::target(ScopeId scope, const SchemaNode::DynamicRef& ref) const {
  const std::uint32_t index = index_of(ref.anchor);
  const auto pairs = scopes_[scope];
  for (std::size_t at = 0; at < pairs.size(); at += 2) {
    if (pairs[at] == index) return pairs[at + 1];
  }
  return ref.fallback;
}

}  // namespace diptych::grammar
