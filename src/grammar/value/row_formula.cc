// A schema row as a formula: what looks at the value itself, and the rows it applies to the same
// value.
#include "grammar/value/array_shape.h"
#include "grammar/value/object_shape.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {
namespace {

bool has_unevaluated(const SchemaNode& node) {
  return node.unevaluated_items || node.unevaluated_properties;
}

}  // namespace

NodeId ValueNodes::row(const Leaf& context, SchemaId id, bool annotated) {
  const SchemaNode& node = schema_->nodes[id];
  if (node.never) return kNothing;
  return tables_.formulas.leaf({.kind = FormulaKind::kRow,
                                .index = id,
                                .scope = scopes_.enter(context.scope, node.resource),
                                .annotated = annotated,
                                .negated = false});
}

NodeId ValueNodes::conditional(const SchemaNode& node, const Leaf& context) {
  Formulas& formulas = tables_.formulas;
  const NodeId held = row(context, *node.condition, context.annotated);
  const NodeId then = node.then ? row(context, *node.then, context.annotated) : kEverything;
  const NodeId otherwise =
      node.otherwise ? row(context, *node.otherwise, context.annotated) : kEverything;
  if (then == otherwise && !context.annotated) return then;
  return formulas.any(
      {formulas.both(held, then), formulas.both(formulas.negated(held), otherwise)});
}

NodeId ValueNodes::definition(const Leaf& leaf) {
  const SchemaNode& node = schema_->nodes[leaf.index];
  Formulas& formulas = tables_.formulas;
  Leaf inner = leaf;
  inner.negated = false;
  inner.annotated = leaf.annotated || has_unevaluated(node);
  const auto rows = [&](const std::vector<SchemaId>& ids) {
    std::vector<NodeId> nodes;
    for (const SchemaId id : ids) nodes.push_back(row(inner, id, inner.annotated));
    return nodes;
  };
  Leaf own = inner;
  own.kind = FormulaKind::kOwn;
  std::vector<NodeId> parts = rows(node.all_of);
  parts.push_back(formulas.leaf(own));
  if (node.ref) parts.push_back(row(inner, *node.ref, inner.annotated));
  if (node.dynamic_ref) {
    parts.push_back(row(inner, scopes_.target(leaf.scope, *node.dynamic_ref), inner.annotated));
  }
  if (!node.any_of.empty()) {
    parts.push_back(inner.annotated ? formulas.some(rows(node.any_of))
                                    : formulas.any(rows(node.any_of)));
  }
  if (!node.one_of.empty()) parts.push_back(formulas.one(rows(node.one_of)));
  if (node.negated) parts.push_back(formulas.negated(row(inner, *node.negated)));
  if (node.condition) parts.push_back(conditional(node, inner));
  for (const auto& [name, id] : node.dependent_schemas) {
    const NodeId has =
        formulas.leaf({.kind = FormulaKind::kHas, .index = tables_.names.intern(name)});
    parts.push_back(
        formulas.any({formulas.negated(has), formulas.both(has, row(inner, id, inner.annotated))}));
  }
  return formulas.all(std::move(parts));
}

ValueSet ValueNodes::row_set(const Leaf& leaf) {
  const SchemaNode& node = schema_->nodes[leaf.index];
  const NodeId formula = definition(leaf);
  if (leaf.negated) {
    if (has_unevaluated(node)) {
      return unknown_set(node,
                         node.unevaluated_items ? "unevaluatedItems" : "unevaluatedProperties",
                         "cannot be enforced where its schema must not hold");
    }
    return expand(tables_.formulas.negated(formula));
  }
  ValueSet set = expand(formula);
  if (has_unevaluated(node)) apply_unevaluated(node, leaf, set);
  if (has_unevaluated(node) && !leaf.annotated) forget_annotations(set);
  return set;
}

void ValueNodes::apply_unevaluated(const SchemaNode& node, const Leaf& leaf, ValueSet& set) {
  const Leaf context = leaf;
  if (node.unevaluated_properties) {
    const NodeId value = row(context, *node.unevaluated_properties);
    for (ObjectId& id : set.objects) {
      const ObjectShape& shape = tables_.objects[id];
      ObjectShape rule = any_object(tables_);
      rule.free.push_back({{{shape.evaluated, kEverything}}, value});
      rule.evaluated = tables_.languages.all();
      id = tables_.objects.intern(both(tables_, shape, rule));
    }
  }
  if (!node.unevaluated_items) return;
  const NodeId item = row(context, *node.unevaluated_items);
  for (ArrayId& id : set.arrays) {
    const ArrayShape& shape = tables_.arrays[id];
    ArrayShape rule;
    if (shape.evaluated_prefix != kNoLimit) {
      rule.prefix.assign(shape.evaluated_prefix, kEverything);
      rule.rest = tables_.formulas.any({item, shape.evaluated_if});
    }
    rule.evaluated_prefix = kNoLimit;
    id = tables_.arrays.intern(both(tables_, shape, rule));
  }
}

void ValueNodes::forget_annotations(ValueSet& set) {
  for (ObjectId& id : set.objects) {
    ObjectShape shape = tables_.objects[id];
    shape.evaluated = tables_.languages.none();
    id = tables_.objects.intern(std::move(shape));
  }
  for (ArrayId& id : set.arrays) {
    ArrayShape shape = tables_.arrays[id];
    shape.evaluated_prefix = 0;
    shape.evaluated_if = kNothing;
    id = tables_.arrays.intern(std::move(shape));
  }
}

}  // namespace diptych::grammar
