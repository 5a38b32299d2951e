#include "grammar/value/formula.h"

#include <algorithm>
#include <array>

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kNegatedBit = 1U << 8, kAnnotatedBit = 1U << 9;

bool is_leaf(FormulaKind kind) { return kind >= FormulaKind::kRow; }

}  // namespace

Formulas::Formulas() {
  make(FormulaKind::kTrue, {});
  make(FormulaKind::kFalse, {});
}

NodeId Formulas::make(FormulaKind kind, std::span<const NodeId> parts) {
  std::vector<std::uint32_t> words = {static_cast<std::uint32_t>(kind)};
  words.insert(words.end(), parts.begin(), parts.end());
  return rows_.intern(words) - 1;
}

NodeId Formulas::leaf(const Leaf& leaf) {
  const std::uint32_t head = static_cast<std::uint32_t>(leaf.kind) |
                             (leaf.negated ? kNegatedBit : 0) |
                             (leaf.annotated ? kAnnotatedBit : 0);
  const std::array<std::uint32_t, 3> words = {head, leaf.index, leaf.scope};
  return rows_.intern(words) - 1;
}

Leaf Formulas::leaf_of(NodeId node) const {
  const auto words = rows_[node];
  return {.kind = kind(node),
          .index = words[1],
          .scope = words[2],
          .annotated = (words[0] & kAnnotatedBit) != 0,
          .negated = (words[0] & kNegatedBit) != 0};
}

NodeId Formulas::both(NodeId a, NodeId b) {
  if (a == b || b == kEverything) return a;
  if (a == kEverything) return b;
  if (a == kNothing || b == kNothing) return kNothing;
  return all({a, b});
}

// kAll and kAny are duals: `zero` decides alone, `unit` changes nothing.
NodeId Formulas::junction(FormulaKind junction_kind, std::vector<NodeId> parts) {
  const bool all_of = junction_kind == FormulaKind::kAll;
  const NodeId zero = all_of ? kNothing : kEverything, unit = all_of ? kEverything : kNothing;
  std::vector<NodeId> flat;
  for (const NodeId part : parts) {
    if (part == zero) return zero;
    if (part == unit) continue;
    if (kind(part) == junction_kind) {
      const auto inner = this->parts(part);
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(part);
    }
  }
  std::ranges::sort(flat);
  const auto repeats = std::ranges::unique(flat);
  flat.erase(repeats.begin(), repeats.end());
  if (flat.empty()) return unit;
  if (flat.size() == 1) return flat.front();
  for (const NodeId part : flat) {
    if (!is_leaf(kind(part)) || !leaf_of(part).negated) continue;
    if (std::ranges::binary_search(flat, negated(part))) return zero;
  }
  return make(junction_kind, flat);
}

NodeId Formulas::all(std::vector<NodeId> parts) {
  return junction(FormulaKind::kAll, std::move(parts));
}
NodeId Formulas::any(std::vector<NodeId> parts) {
  return junction(FormulaKind::kAny, std::move(parts));
}

NodeId Formulas::some(std::vector<NodeId> parts) {
  return parts.size() == 1 ? parts.front() : make(FormulaKind::kSome, parts);
}

NodeId Formulas::one(std::vector<NodeId> parts) {
  std::erase(parts, kNothing);
  if (parts.empty()) return kNothing;
  return parts.size() == 1 ? parts.front() : make(FormulaKind::kOne, parts);
}

NodeId Formulas::negated(NodeId node) {
  if (node == kEverything) return kNothing;
  if (node == kNothing) return kEverything;
  if (is_leaf(kind(node))) {
    Leaf turned = leaf_of(node);
    turned.negated = !turned.negated;
    turned.annotated = false;  // what does not hold evaluates nothing
    return leaf(turned);
  }
  std::vector<NodeId> duals;
  for (const NodeId part : parts(node)) duals.push_back(negated(part));
  switch (kind(node)) {
    case FormulaKind::kAll:
      return any(std::move(duals));
    case FormulaKind::kOne: {  // none, or two and more
      std::vector<NodeId> ways = {all(duals)};
      const std::vector<NodeId> held(parts(node).begin(), parts(node).end());
      for (std::size_t i = 0; i < held.size(); ++i) {
        for (std::size_t j = i + 1; j < held.size(); ++j) ways.push_back(both(held[i], held[j]));
      }
      return any(std::move(ways));
    }
    default:
      return all(std::move(duals));
  }
}

}  // namespace diptych::grammar
