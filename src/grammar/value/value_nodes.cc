#include "grammar/value/value_nodes.h"

#include "grammar/value/object_shape.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

constexpr std::size_t kProductsMax = 8000;  // of shapes, to work out one node
constexpr std::uint32_t kPrunedDepth = 8;   // deeper products keep their empty shapes

}  // namespace

ValueNodes::ValueNodes(std::shared_ptr<const Schema> schema, const Policy& policy,
                       const Limits& limits)
    : schema_(std::move(schema)),
      policy_(policy),
      limits_(limits),
      tables_(limits_),
      algebra_(
          tables_, limits_,
          {.array =
               [this](ArrayId id) { return expanding_ <= kPrunedDepth && surely_empty_array(id); },
           .object =
               [this](ObjectId id) {
                 return expanding_ <= kPrunedDepth && surely_empty_object(id);
               }}),
      scopes_(*schema_) {
  unknown_ = algebra_.nothing();
  unknown_.unknown = true;
}

NodeId ValueNodes::root() {
  return row({.kind = FormulaKind::kRow, .index = schema_->root}, schema_->root);
}

ValueNodes::Entry& ValueNodes::entry(NodeId node) {
  if (node >= entries_.size()) entries_.resize(tables_.formulas.size());
  return entries_[node];
}

const ValueSet& ValueNodes::expand(NodeId node) {
  if (const Entry& known = entry(node); known.set != nullptr) return *known.set;
  if (entry(node).expanding) met_expanding_ = met_unfinished_ = true;
  if (entry(node).expanding || tables_.formulas.size() > limits_.nodes_max) return unknown_;
  const bool outer_met = std::exchange(met_expanding_, false);
  entry(node).expanding = true;
  if (expanding_++ == 0) algebra_.allow_work(kProductsMax);
  const std::uint64_t given_up = tables_.languages.refused_count();
  ValueSet worked_out = work_out(node);  // makes nodes: no reference into entries_ survives it
  worked_out.unknown |= tables_.languages.refused_count() != given_up;
  --expanding_;
  entry(node).expanding = false;
  // Unknown only because of where the question came from: to be asked again.
  const bool provisional =
      worked_out.unknown && expanding_ > 0 && (met_expanding_ || algebra_.work_is_spent());
  met_expanding_ = (provisional && met_expanding_) || outer_met;
  sets_.push_back(std::move(worked_out));
  if (!provisional) entry(node).set = &sets_.back();
  return sets_.back();
}

ValueSet ValueNodes::work_out(NodeId node) {
  const FormulaKind kind = tables_.formulas.kind(node);
  if (kind == FormulaKind::kTrue) return algebra_.everything();
  if (kind == FormulaKind::kFalse) return algebra_.nothing();
  if (kind >= FormulaKind::kRow) return leaf_set(node, tables_.formulas.leaf_of(node));
  const auto parts = tables_.formulas.parts(node);
  std::vector<const ValueSet*> sets;
  for (const NodeId part : parts) sets.push_back(&expand(part));
  if (kind == FormulaKind::kOne) return algebra_.exactly_one(sets);
  if (kind == FormulaKind::kSome) return algebra_.some(sets);
  ValueSet result = *sets.front();
  for (std::size_t i = 1; i < sets.size(); ++i) {
    result = kind == FormulaKind::kAll ? algebra_.both(result, *sets[i])
                                       : algebra_.either(result, *sets[i]);
  }
  return result;
}

ValueSet ValueNodes::leaf_set(NodeId node, const Leaf& leaf) {
  if (leaf.negated && leaf.kind != FormulaKind::kRow) {
    return algebra_.complement(expand(tables_.formulas.negated(node)));
  }
  switch (leaf.kind) {
    case FormulaKind::kRow:
      return row_set(leaf);
    case FormulaKind::kOwn:
      return own_set(leaf);
    case FormulaKind::kConst:
      return constant_set(*constants_[leaf.index]);
    default: {
      ObjectShape shape = any_object(tables_);
      shape.declared.push_back({leaf.index, kEverything});
      shape.required.push_back(leaf.index);
      ValueSet set = algebra_.nothing();
      set.objects.push_back(tables_.objects.intern(std::move(shape)));
      return set;
    }
  }
}

ValueSet ValueNodes::unknown_set(const SchemaNode& node, std::string keyword, std::string message) {
  if (!problem_) {
    problem_ = Refusal{.code = RefusalCode::kUnsupportedKeyword,
                       .keyword = keyword,
                       .pointer = node.pointer + "/" + keyword,
                       .message = std::move(message),
                       .hint = {}};
  }
  ValueSet set = algebra_.nothing();
  set.unknown = true;
  return set;
}

std::size_t ValueNodes::memory_bytes() const {
  std::size_t bytes = tables_.memory_bytes() + entries_.capacity() * sizeof(Entry) +
                      (array_entries_.capacity() + object_entries_.capacity()) * sizeof(ShapeEntry);
  bytes += sets_.size() * (sizeof(ValueSet) + 32);
  return bytes;
}

}  // namespace diptych::grammar
