#include "grammar/schema/evaluator.h"

#include <algorithm>

#include "base/unicode.h"
#include "grammar/schema/documents.h"

namespace diptych::grammar {
namespace {

constexpr int kDepthMax = 4000;
constexpr std::size_t kSmallList = 16;  // up to here looking through a list is quicker than hashing

bool is_integer(const JsonNode::Number& number, Dialect dialect) {
  if (dialect > Dialect::kDraft4) return number.value.is_integer();
  return number.spelling.find_first_of(".eE") == std::string::npos;
}

std::uint8_t type_bits(const JsonNode& value, Dialect dialect) {
  if (const auto* number = std::get_if<JsonNode::Number>(&value.value)) {
    return is_integer(*number, dialect) ? TypeSet::kNumber | TypeSet::kInteger : TypeSet::kNumber;
  }
  constexpr std::uint8_t kBits[] = {TypeSet::kNull,   TypeSet::kBoolean, TypeSet::kNumber,
                                    TypeSet::kString, TypeSet::kArray,   TypeSet::kObject};
  return kBits[value.value.index()];
}

bool has_unevaluated(const SchemaNode& node) {
  return node.unevaluated_items || node.unevaluated_properties;
}

std::size_t part_count(const JsonNode& value) {
  if (const auto* items = std::get_if<std::vector<JsonNode>>(&value.value)) return items->size();
  if (const auto* members = std::get_if<JsonMembers>(&value.value)) return members->size();
  return 0;
}

}  // namespace

Evaluator::Evaluator(const Schema& schema)
    : schema_(schema), tracks_(std::ranges::any_of(schema.nodes, has_unevaluated)) {}

std::optional<Violation> Evaluator::judge(const JsonNode& value) {
  violation_.reset();
  if (holds(schema_.root, value)) return std::nullopt;
  return violation_;
}

bool Evaluator::fails(const SchemaNode& node, std::string_view keyword) {
  if (quiet_ > 0) return false;
  std::string instance;
  for (const std::string_view token : path_) instance += pointer_token(token);
  violation_ = Violation{std::string(keyword), node.pointer, std::move(instance)};
  return false;
}

bool Evaluator::holds(SchemaId id, const JsonNode& value, Seen* seen) {
  const SchemaNode& node = schema_.nodes[id];
  if (node.never) return fails(node, "false");
  if (depth_ >= kDepthMax) return fails(node, "$dynamicRef");
  ++depth_;
  const bool enters = scope_.empty() || scope_.back() != node.resource;
  if (enters) scope_.push_back(node.resource);
  Visit visit{node, id, value, Seen(tracks_ ? part_count(value) : 0)};
  const bool held = type_holds(visit) && values_hold(visit) && dependencies_hold(visit) &&
                    references_hold(visit) && logic_holds(visit) && unevaluated_holds(visit);
  if (enters) scope_.pop_back();
  --depth_;
  if (held && seen != nullptr && tracks_) {
    for (std::size_t i = 0; i < visit.seen.size(); ++i) {
      if (visit.seen[i]) (*seen)[i] = true;
    }
  }
  return held;
}

bool Evaluator::holds_quietly(SchemaId id, const JsonNode& value, Seen* seen) {
  ++quiet_;
  const bool held = holds(id, value, seen);
  --quiet_;
  return held;
}

bool Evaluator::holds_below(SchemaId id, const JsonNode& value, std::string_view token) {
  path_.push_back(token);
  const bool held = holds(id, value);
  path_.pop_back();
  return held;
}

bool Evaluator::in_place(Visit& visit, SchemaId id) { return holds(id, visit.value, &visit.seen); }

bool Evaluator::type_holds(const Visit& visit) {
  const SchemaNode& node = visit.node;
  if (node.types && (node.types->bits & type_bits(visit.value, node.dialect)) == 0) {
    return fails(node, "type");
  }
  if (node.constant && !same_value(*node.constant, visit.value)) return fails(node, "const");
  if (node.enumeration && !is_listed(visit)) return fails(node, "enum");
  return true;
}

bool Evaluator::is_listed(const Visit& visit) {
  const auto& values = *visit.node.enumeration;
  if (values.size() <= kSmallList) {
    return std::ranges::any_of(values,
                               [&](const JsonNode& one) { return same_value(one, visit.value); });
  }
  auto& texts = large_enums_[visit.id];
  if (texts.empty()) {
    for (const JsonNode& value : values) texts.insert(canonical_text(value));
  }
  return texts.contains(canonical_text(visit.value));
}

// The assertions of the value's own type.
bool Evaluator::values_hold(Visit& visit) {
  if (const auto* number = std::get_if<JsonNode::Number>(&visit.value.value)) {
    return number_holds(visit, *number);
  }
  if (const auto* text = std::get_if<std::string>(&visit.value.value)) {
    return string_holds(visit, *text);
  }
  if (const auto* items = std::get_if<Items>(&visit.value.value)) {
    return array_holds(visit, *items);
  }
  if (const auto* members = std::get_if<JsonMembers>(&visit.value.value)) {
    return object_holds(visit, *members);
  }
  return true;
}

bool Evaluator::number_holds(const Visit& visit, const JsonNode::Number& number) {
  const auto& bounds = visit.node.number;
  const auto order = [&](const std::optional<Decimal>& bound) {
    return compare(number.value, *bound);
  };
  if (bounds.minimum && order(bounds.minimum) < 0) return fails(visit.node, "minimum");
  if (bounds.maximum && order(bounds.maximum) > 0) return fails(visit.node, "maximum");
  if (bounds.exclusive_minimum && order(bounds.exclusive_minimum) <= 0) {
    return fails(visit.node, "exclusiveMinimum");
  }
  if (bounds.exclusive_maximum && order(bounds.exclusive_maximum) >= 0) {
    return fails(visit.node, "exclusiveMaximum");
  }
  if (bounds.multiple_of && !is_multiple(number.value, *bounds.multiple_of)) {
    return fails(visit.node, "multipleOf");
  }
  return true;
}

bool Evaluator::string_holds(const Visit& visit, const std::string& text) {
  const SchemaNode& node = visit.node;
  if (node.min_length || node.max_length) {
    const std::uint64_t length = count_code_points(text);
    if (node.min_length && length < *node.min_length) return fails(node, "minLength");
    if (node.max_length && length > *node.max_length) return fails(node, "maxLength");
  }
  if (node.pattern && !texts_.matches(*node.pattern, text)) return fails(node, "pattern");
  if (node.format && !texts_.has_format(*node.format, text)) return fails(node, "format");
  return true;
}

bool Evaluator::references_hold(Visit& visit) {
  const SchemaNode& node = visit.node;
  if (node.ref && !in_place(visit, *node.ref)) return false;
  return !node.dynamic_ref || in_place(visit, dynamic_target(*node.dynamic_ref));
}

SchemaId Evaluator::dynamic_target(const SchemaNode::DynamicRef& reference) const {
  for (const std::uint32_t resource : scope_) {
    for (const auto& [anchor, id] : schema_.resources[resource].dynamic_anchors) {
      if (anchor == reference.anchor) return id;
    }
  }
  return reference.fallback;
}

bool Evaluator::logic_holds(Visit& visit) {
  const SchemaNode& node = visit.node;
  for (const SchemaId id : node.all_of) {
    if (!in_place(visit, id)) return false;
  }
  if (!alternatives_hold(visit)) return false;
  if (node.negated && holds_quietly(*node.negated, visit.value)) return fails(node, "not");
  return condition_holds(visit);
}

bool Evaluator::alternatives_hold(Visit& visit) {
  const SchemaNode& node = visit.node;
  bool any = node.any_of.empty();
  for (const SchemaId id : node.any_of) {
    if (any && !tracks_) break;  // the rest could only add to what was looked at
    any = holds_quietly(id, visit.value, &visit.seen) || any;
  }
  if (!any) return fails(node, "anyOf");
  std::size_t held = 0;
  for (const SchemaId id : node.one_of) {
    if (holds_quietly(id, visit.value, &visit.seen)) ++held;
    if (held > 1) break;
  }
  return node.one_of.empty() || held == 1 || fails(node, "oneOf");
}

bool Evaluator::condition_holds(Visit& visit) {
  const SchemaNode& node = visit.node;
  if (!node.condition) return true;
  const bool applies = holds_quietly(*node.condition, visit.value, &visit.seen);
  const auto& consequence = applies ? node.then : node.otherwise;
  return !consequence || in_place(visit, *consequence);
}

std::optional<Violation> validate(const Schema& schema, const JsonNode& value) {
  return Evaluator(schema).judge(value);
}

}  // namespace diptych::grammar
