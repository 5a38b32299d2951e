// A look ahead at what could fail while the machine is used: rows whose alternatives have to be
// worked out, and the conjunctions and complements that these make.
#include <fmt/format.h>

#include "grammar/value/value_nodes.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kNodesMax = 400;  // of derived nodes; what lies deeper is met while walking

bool needs_working_out(const SchemaNode& node) {
  return node.negated || node.one_of.size() > 1 || node.condition || node.unevaluated_items ||
         node.unevaluated_properties || !node.dependent_schemas.empty() ||
         (!node.any_of.empty() && !node.all_of.empty());
}

}  // namespace

Compiled<void> ValueNodes::survey() {
  std::size_t left = kNodesMax;
  for (SchemaId id = 0; id < schema_->nodes.size(); ++id) {
    if (!needs_working_out(schema_->nodes[id])) continue;
    TRY_STATUS(survey_node(row({.kind = FormulaKind::kRow, .index = id}, id), id, left));
  }
  return {};
}

Compiled<void> ValueNodes::survey_node(NodeId first, SchemaId id, std::size_t& left) {
  std::vector<NodeId> waiting = {first};
  const auto add = [&](NodeId node) {
    const FormulaKind kind = tables_.formulas.kind(node);
    const bool derived = kind == FormulaKind::kAll || kind == FormulaKind::kAny ||
                         (kind == FormulaKind::kRow && tables_.formulas.leaf_of(node).negated);
    if (derived && left > 0 && surveyed_.insert(node).second) {
      --left;
      waiting.push_back(node);
    }
  };
  while (!waiting.empty()) {
    const NodeId node = waiting.back();
    waiting.pop_back();
    const ValueSet& set = expand(node);
    if (set.unknown) return refuse_unknown(schema_->nodes[id]);
    for (const ObjectId object : set.objects) {
      const ObjectShape& shape = tables_.objects[object];
      for (const Declared& member : shape.declared) add(member.node);
      for (const FreeNames& free : shape.free) {
        add(free.otherwise);
        for (const NameRule& rule : free.rules) add(rule.node);
      }
      for (const NameRule& wanted : shape.wanted) add(wanted.node);
    }
    for (const ArrayId array : set.arrays) {
      const ArrayShape& shape = tables_.arrays[array];
      for (const NodeId item : shape.prefix) add(item);
      add(shape.rest);
      for (const CountedItems& items : shape.counted) add(items.node);
    }
  }
  return {};
}

std::unexpected<Refusal> ValueNodes::refuse_unknown(const SchemaNode& node) const {
  if (problem_) return std::unexpected(*problem_);
  if (algebra_.met_negated_unique()) {
    return std::unexpected(
        Refusal{.code = RefusalCode::kUnsupportedKeyword,
                .keyword = "uniqueItems",
                .pointer = node.pointer,
                .message = "uniqueItems cannot be enforced where its schema must not hold",
                .hint = "make the alternatives differ in another keyword"});
  }
  return std::unexpected(Refusal{
      .code = RefusalCode::kTooManyAlternatives,
      .keyword = {},
      .pointer = node.pointer,
      .message =
          fmt::format("the schema comes to more than {} alternatives", limits_.alternatives_max),
      .hint = "let a const or a required name tell the alternatives apart"});
}

}  // namespace diptych::grammar
