// Arrays and objects.
#include <fmt/format.h>

#include <algorithm>

#include "grammar/schema/evaluator.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kSmallObject = 16;  // up to here looking through a list is quicker

bool are_unique(const std::vector<JsonNode>& items) {
  std::unordered_set<std::string> texts;
  return std::ranges::all_of(
      items, [&](const JsonNode& item) { return texts.insert(canonical_text(item)).second; });
}

void mark(std::vector<bool>& seen, std::size_t index) {
  if (index < seen.size()) seen[index] = true;
}

}  // namespace

bool Evaluator::array_holds(Visit& visit, const Items& items) {
  const SchemaNode& node = visit.node;
  if (node.min_items && items.size() < *node.min_items) return fails(node, "minItems");
  if (node.max_items && items.size() > *node.max_items) return fails(node, "maxItems");
  if (node.unique_items && !are_unique(items)) return fails(node, "uniqueItems");
  return items_hold(visit, items) && contains_holds(visit, items);
}

bool Evaluator::items_hold(Visit& visit, const Items& items) {
  const SchemaNode& node = visit.node;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool in_prefix = i < node.prefix_items.size();
    if (!in_prefix && !node.items) break;
    const std::string token = std::to_string(i);
    if (!holds_below(in_prefix ? node.prefix_items[i] : *node.items, items[i], token)) return false;
    mark(visit.seen, i);
  }
  return true;
}

bool Evaluator::contains_holds(Visit& visit, const Items& items) {
  const SchemaNode& node = visit.node;
  if (!node.contains) return true;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!holds_quietly(*node.contains, items[i])) continue;
    ++count;
    // Before 2020-12 what contains matched counted as not evaluated.
    if (node.dialect >= Dialect::k2020) mark(visit.seen, i);
  }
  if (node.min_contains && count < *node.min_contains) {
    return fails(node, *node.min_contains == 1 ? "contains" : "minContains");
  }
  if (node.max_contains && count > *node.max_contains) return fails(node, "maxContains");
  return true;
}

bool Evaluator::object_holds(Visit& visit, const JsonMembers& members) {
  const SchemaNode& node = visit.node;
  if (node.min_properties && members.size() < *node.min_properties) {
    return fails(node, "minProperties");
  }
  if (node.max_properties && members.size() > *node.max_properties) {
    return fails(node, "maxProperties");
  }
  if (!names_hold(visit, members)) return false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!member_holds(visit, members, i)) return false;
  }
  return true;
}

bool Evaluator::names_hold(const Visit& visit, const JsonMembers& members) {
  const SchemaNode& node = visit.node;
  std::unordered_set<std::string_view> names;
  if (!node.required.empty() || !node.dependent_required.empty()) {
    for (const auto& [name, value] : members) names.insert(name);
  }
  const auto is_there = [&](const std::string& name) { return names.contains(name); };
  if (!std::ranges::all_of(node.required, is_there)) return fails(node, "required");
  for (const auto& [name, others] : node.dependent_required) {
    if (names.contains(name) && !std::ranges::all_of(others, is_there)) {
      return fails(node, "dependentRequired");
    }
  }
  if (!node.property_names) return true;
  for (const auto& [name, value] : members) {
    if (!holds_below(*node.property_names, JsonNode{name}, name)) return false;
  }
  return true;
}

const SchemaId* Evaluator::find_property(const Visit& visit, const std::string& name) {
  const auto& properties = visit.node.properties;
  if (properties.size() <= kSmallObject) {
    const auto found =
        std::ranges::find(properties, name, &std::pair<std::string, SchemaId>::first);
    return found == properties.end() ? nullptr : &found->second;
  }
  auto& by_name = large_properties_[visit.id];
  if (by_name.empty()) by_name.insert(properties.begin(), properties.end());
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &found->second;
}

bool Evaluator::member_holds(Visit& visit, const JsonMembers& members, std::size_t index) {
  const auto& [name, value] = members[index];
  bool is_named = false;
  if (const SchemaId* property = find_property(visit, name)) {
    is_named = true;
    if (!holds_below(*property, value, name)) return false;
  }
  for (const auto& [pattern, id] : visit.node.pattern_properties) {
    if (!texts_.matches(pattern, name)) continue;
    is_named = true;
    if (!holds_below(id, value, name)) return false;
  }
  const auto& additional = visit.node.additional_properties;
  if (!is_named && additional) {
    if (!holds_below(*additional, value, name)) return false;
    is_named = true;
  }
  if (is_named) mark(visit.seen, index);
  return true;
}

bool Evaluator::dependencies_hold(Visit& visit) {
  for (const auto& [name, id] : visit.node.dependent_schemas) {
    if (visit.value.find(name) != nullptr && !in_place(visit, id)) return false;
  }
  return true;
}

// After everything else in the same schema object: by then visit.seen has all of it.
bool Evaluator::unevaluated_holds(Visit& visit) {
  const SchemaNode& node = visit.node;
  const auto* items = std::get_if<Items>(&visit.value.value);
  for (std::size_t i = 0; node.unevaluated_items && items != nullptr && i < items->size(); ++i) {
    if (visit.seen[i]) continue;
    const std::string token = std::to_string(i);
    if (!holds_below(*node.unevaluated_items, (*items)[i], token)) return false;
    visit.seen[i] = true;
  }
  const auto* members = std::get_if<JsonMembers>(&visit.value.value);
  const bool asks = node.unevaluated_properties && members != nullptr;
  for (std::size_t i = 0; asks && i < members->size(); ++i) {
    if (visit.seen[i]) continue;
    const auto& [name, value] = (*members)[i];
    if (!holds_below(*node.unevaluated_properties, value, name)) return false;
    visit.seen[i] = true;
  }
  return true;
}

}  // namespace diptych::grammar
