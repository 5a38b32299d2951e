#include "grammar/value/array_shape.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

bool same(const CountedItems& a, const CountedItems& b) {
  return a.node == b.node && a.from == b.from && a.min == b.min && a.max == b.max;
}

ArrayShape counting(const CountedItems& items) {
  ArrayShape shape;
  shape.counted.push_back(items);
  return shape;
}

}  // namespace

bool is_any(const ArrayShape& shape) {
  return shape.prefix.empty() && shape.rest == kEverything && shape.min == 0 &&
         shape.max == kNoLimit && shape.counted.empty() && !shape.unique &&
         shape.evaluated_prefix == 0 && shape.evaluated_if == kNothing;
}

NodeId item_node(const ArrayShape& shape, std::uint32_t index) {
  return index < shape.prefix.size() ? shape.prefix[index] : shape.rest;
}

ArrayShape both(ValueTables& tables, const ArrayShape& a, const ArrayShape& b) {
  ArrayShape shape = a;
  const auto prefix = static_cast<std::uint32_t>(std::max(a.prefix.size(), b.prefix.size()));
  shape.prefix.clear();
  for (std::uint32_t i = 0; i < prefix; ++i) {
    shape.prefix.push_back(tables.formulas.both(item_node(a, i), item_node(b, i)));
  }
  shape.rest = tables.formulas.both(a.rest, b.rest);
  shape.min = std::max(a.min, b.min);
  shape.max = std::min(a.max, b.max);
  for (const CountedItems& items : b.counted) {
    if (std::ranges::none_of(a.counted, [&](auto& known) { return same(known, items); })) {
      shape.counted.push_back(items);
    }
  }
  shape.unique = a.unique || b.unique;
  shape.evaluated_prefix = std::max(a.evaluated_prefix, b.evaluated_prefix);
  shape.evaluated_if = tables.formulas.any({a.evaluated_if, b.evaluated_if});
  return shape;
}

std::optional<std::vector<ArrayShape>> complement(ValueTables& tables, const ArrayShape& shape) {
  if (shape.unique) return std::nullopt;
  std::vector<ArrayShape> ways;
  Formulas& formulas = tables.formulas;
  const auto prefix = static_cast<std::uint32_t>(shape.prefix.size());
  for (std::uint32_t i = 0; i < prefix; ++i) {
    if (shape.prefix[i] == kEverything) continue;
    ArrayShape way;
    way.prefix.assign(i, kEverything);
    way.prefix.push_back(formulas.negated(shape.prefix[i]));
    way.min = i + 1;
    ways.push_back(std::move(way));
  }
  if (shape.rest != kEverything) {
    ways.push_back(counting({.node = formulas.negated(shape.rest), .from = prefix, .min = 1}));
  }
  if (shape.min > 0) {
    ways.emplace_back();
    ways.back().max = shape.min - 1;
  }
  if (shape.max != kNoLimit) {
    ways.emplace_back();
    ways.back().min = shape.max + 1;
  }
  for (const CountedItems& items : shape.counted) {
    if (items.min > 0) {
      ways.push_back(counting({.node = items.node, .from = items.from, .max = items.min - 1}));
    }
    if (items.max != kNoLimit) {
      ways.push_back(counting({.node = items.node, .from = items.from, .min = items.max + 1}));
    }
  }
  return ways;
}

}  // namespace diptych::grammar
