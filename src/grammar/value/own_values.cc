// The keywords of one row that look at the value itself.
#include <algorithm>
#include <utility>

#include "grammar/value/array_shape.h"
#include "grammar/value/object_shape.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {
namespace {

std::uint32_t clipped(std::uint64_t count) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, kNoLimit));
}
std::uint32_t upper(const std::optional<std::uint64_t>& bound) {
  return bound ? clipped(*bound) : kNoLimit;
}

bool bounds_numbers(const SchemaNode::NumberBounds& bounds) {
  return bounds.minimum || bounds.maximum || bounds.exclusive_minimum || bounds.exclusive_maximum ||
         bounds.multiple_of;
}

}  // namespace

ValueSet ValueNodes::own_set(const Leaf& leaf) {
  const SchemaNode& node = schema_->nodes[leaf.index];
  if (node.never) return algebra_.nothing();
  const bool outer_failed = std::exchange(own_failed_, false);
  ValueSet set = typed_set(node, leaf);
  set.unknown |= std::exchange(own_failed_, outer_failed);
  if (node.enumeration) set = algebra_.both(set, listed_set(*node.enumeration));
  if (node.constant) set = algebra_.both(set, constant_set(*node.constant));
  return set;
}

ValueSet ValueNodes::typed_set(const SchemaNode& node, const Leaf& leaf) {
  const std::uint8_t bits = node.types.value_or(TypeSet{}).bits;
  ValueSet set = algebra_.nothing();
  set.null = (bits & TypeSet::kNull) != 0;
  set.no = set.yes = (bits & TypeSet::kBoolean) != 0;
  if ((bits & (TypeSet::kNumber | TypeSet::kInteger)) != 0) {
    NumberSet numbers = own_numbers(node);
    numbers.integer = (bits & TypeSet::kNumber) == 0;
    numbers.plain = numbers.integer && node.dialect == Dialect::kDraft4;
    if (!is_empty(numbers)) set.numbers.push_back(tables_.numbers.intern(std::move(numbers)));
  }
  if ((bits & TypeSet::kString) != 0) set.strings = own_strings(node);
  if ((bits & TypeSet::kArray) != 0) {
    set.arrays.push_back(tables_.arrays.intern(own_array(node, leaf)));
  }
  if ((bits & TypeSet::kObject) != 0) {
    set.objects.push_back(tables_.objects.intern(own_object(node, leaf)));
  }
  return set;
}

NumberSet ValueNodes::own_numbers(const SchemaNode& node) const {
  NumberSet set;
  const auto& bounds = node.number;
  if (!bounds_numbers(bounds)) return set;
  set.minimum = bounds.minimum;
  set.maximum = bounds.maximum;
  const auto at_least = [](const Decimal& a, const Decimal& b) { return compare(a, b) >= 0; };
  if (bounds.exclusive_minimum &&
      (!set.minimum || at_least(*bounds.exclusive_minimum, *set.minimum))) {
    set.minimum = bounds.exclusive_minimum;
    set.minimum_exclusive = true;
  }
  if (bounds.exclusive_maximum &&
      (!set.maximum || at_least(*set.maximum, *bounds.exclusive_maximum))) {
    set.maximum = bounds.exclusive_maximum;
    set.maximum_exclusive = true;
  }
  if (bounds.multiple_of) set.multiples.push_back(*bounds.multiple_of);
  return set;
}

Language ValueNodes::pattern(const SchemaNode& node, std::string_view text) {
  auto language = tables_.languages.ecma_pattern(text);
  if (language) return *language;
  if (!problem_) {
    problem_ = language.error();
    problem_->keyword = "pattern";
    problem_->pointer = node.pointer;
  }
  own_failed_ = true;
  return tables_.languages.none();
}

Language ValueNodes::own_strings(const SchemaNode& node) {
  Languages& languages = tables_.languages;
  Language strings = languages.all();
  if (node.min_length || node.max_length) {
    strings = languages.length(node.min_length.value_or(0), node.max_length);
  }
  if (node.pattern) strings = languages.both(strings, pattern(node, *node.pattern));
  if (node.format && policy_.formats == Formats::kAssert) {
    if (const auto format = languages.format(*node.format)) {
      strings = languages.both(strings, *format);
    }
  }
  return strings;
}

ArrayShape ValueNodes::own_array(const SchemaNode& node, const Leaf& leaf) {
  ArrayShape shape;
  for (const SchemaId id : node.prefix_items) shape.prefix.push_back(row(leaf, id));
  if (node.items) shape.rest = row(leaf, *node.items);
  shape.min = clipped(node.min_items.value_or(0));
  shape.max = upper(node.max_items);
  shape.unique = node.unique_items;
  if (node.contains) {
    const CountedItems counted = {.node = row(leaf, *node.contains),
                                  .from = 0,
                                  .min = clipped(node.min_contains.value_or(1)),
                                  .max = upper(node.max_contains)};
    if (counted.min > 0 || counted.max != kNoLimit) shape.counted.push_back(counted);
    if (leaf.annotated && node.dialect == Dialect::k2020) shape.evaluated_if = counted.node;
  }
  if (leaf.annotated) {
    shape.evaluated_prefix =
        node.items ? kNoLimit : static_cast<std::uint32_t>(node.prefix_items.size());
  }
  return shape;
}

std::optional<FreeNames> ValueNodes::free_names(const SchemaNode& node, const Leaf& leaf) {
  FreeNames free;
  for (const auto& [text, id] : node.pattern_properties) {
    free.rules.push_back({pattern(node, text), row(leaf, id)});
  }
  if (node.additional_properties) {
    free.otherwise = row(leaf, *node.additional_properties);
  } else if (policy_.additional == Additional::kClosed && !node.properties.empty() &&
             !node.unevaluated_properties) {
    free.otherwise = kNothing;
  }
  if (free.rules.empty() && free.otherwise == kEverything) return std::nullopt;
  return free;
}

void ValueNodes::declare_members(const SchemaNode& node, const Leaf& leaf, ObjectShape& shape) {
  Formulas& formulas = tables_.formulas;
  for (const auto& [name, id] : node.properties) {
    NodeId value = row(leaf, id);
    if (!shape.free.empty()) {
      for (const NameRule& rule : shape.free.front().rules) {
        if (tables_.languages.accepts(rule.names, name)) value = formulas.both(value, rule.node);
      }
    }
    if (!tables_.languages.is_all(shape.names) && !tables_.languages.accepts(shape.names, name)) {
      value = kNothing;
    }
    shape.declared.push_back({tables_.names.intern(name), value});
  }
  for (const std::string& name : node.required) require(tables_, shape, tables_.names.intern(name));
  for (const auto& [name, required] : node.dependent_required) {
    Implied implied{.present = tables_.names.intern(name), .required = {}};
    declare(tables_, shape, implied.present);
    for (const std::string& other : required) {
      implied.required.push_back(tables_.names.intern(other));
      declare(tables_, shape, implied.required.back());
    }
    if (!implied.required.empty()) shape.implied.push_back(std::move(implied));
  }
}

ObjectShape ValueNodes::own_object(const SchemaNode& node, const Leaf& leaf) {
  ObjectShape shape = any_object(tables_);
  if (node.property_names) {
    const ValueSet& names = expand(row(leaf, *node.property_names));
    shape.names = names.strings;
    own_failed_ |= names.unknown;
  }
  if (auto free = free_names(node, leaf)) shape.free.push_back(std::move(*free));
  declare_members(node, leaf, shape);
  shape.min = clipped(node.min_properties.value_or(0));
  shape.max = upper(node.max_properties);
  if (!leaf.annotated) return shape;
  Languages& languages = tables_.languages;
  std::vector<std::string> names;
  for (const auto& [name, id] : node.properties) names.push_back(name);
  if (!names.empty()) shape.evaluated = languages.one_of(names);
  for (const auto& [text, id] : node.pattern_properties) {
    shape.evaluated = languages.either(shape.evaluated, pattern(node, text));
  }
  if (node.additional_properties) shape.evaluated = languages.all();
  return shape;
}

}  // namespace diptych::grammar
