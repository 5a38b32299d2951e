#include "grammar/value/object_shape.h"

#include <algorithm>
#include <unordered_map>

namespace diptych::grammar {
namespace {

constexpr std::size_t kScanned = 16;  // up to so many names a scan beats a table

bool same(const NameRule& a, const NameRule& b) { return a.names == b.names && a.node == b.node; }
bool same(const FreeNames& a, const FreeNames& b) {
  return a.otherwise == b.otherwise &&
         std::ranges::equal(a.rules, b.rules, [](auto& x, auto& y) { return same(x, y); });
}

template <class T>
void add_missing(std::vector<T>& to, const std::vector<T>& from) {
  for (const T& item : from) {
    if (std::ranges::none_of(to, [&](const T& known) { return same(known, item); })) {
      to.push_back(item);
    }
  }
}

class NameLookup {
 public:
  explicit NameLookup(const ObjectShape& shape) : shape_(shape) {
    if (shape.declared.size() <= kScanned) return;
    for (const Declared& member : shape.declared) nodes_.emplace(member.name, member.node);
  }
  std::optional<NodeId> find(NameId name) const {
    if (shape_.declared.size() <= kScanned) {
      const Declared* member = find_declared(shape_, name);
      return member == nullptr ? std::nullopt : std::optional(member->node);
    }
    const auto known = nodes_.find(name);
    return known == nodes_.end() ? std::nullopt : std::optional(known->second);
  }

 private:
  const ObjectShape& shape_;
  std::unordered_map<NameId, NodeId> nodes_;
};

Language declared_names(ValueTables& tables, const ObjectShape& shape) {
  std::vector<std::string> names;
  for (const Declared& member : shape.declared) names.push_back(tables.names[member.name]);
  return names.empty() ? tables.languages.none() : tables.languages.one_of(names);
}

void add_wanted(ValueTables& tables, std::vector<ObjectShape>& shapes, Language names,
                NodeId node) {
  if (node == kNothing || tables.languages.is_empty(names)) return;
  ObjectShape shape = any_object(tables);
  shape.wanted.push_back({names, node});
  shapes.push_back(std::move(shape));
}

// Some member breaks one of the free rules.
void break_free_rules(ValueTables& tables, const ObjectShape& shape,
                      std::vector<ObjectShape>& ways) {
  Languages& languages = tables.languages;
  const Language undeclared = languages.negated(declared_names(tables, shape));
  for (const FreeNames& free : shape.free) {
    Language others = undeclared;
    for (const NameRule& rule : free.rules) {
      add_wanted(tables, ways, languages.both(rule.names, undeclared),
                 tables.formulas.negated(rule.node));
      others = languages.both(others, languages.negated(rule.names));
    }
    add_wanted(tables, ways, others, tables.formulas.negated(free.otherwise));
  }
  if (!languages.is_all(shape.names)) {
    add_wanted(tables, ways, languages.negated(shape.names), kEverything);
  }
}

void break_members(ValueTables& tables, const ObjectShape& shape, std::vector<ObjectShape>& ways) {
  for (const NameId name : shape.required) {
    ObjectShape way = any_object(tables);
    way.declared.push_back({name, kNothing});
    ways.push_back(std::move(way));
  }
  for (const Declared& member : shape.declared) {
    if (member.node == kEverything) continue;
    ObjectShape way = any_object(tables);
    way.declared.push_back({member.name, tables.formulas.negated(member.node)});
    way.required.push_back(member.name);
    ways.push_back(std::move(way));
  }
  for (const Implied& implied : shape.implied) {
    for (const NameId name : implied.required) {
      if (name == implied.present) continue;
      ObjectShape way = any_object(tables);
      way.declared = {{implied.present, kEverything}, {name, kNothing}};
      way.required.push_back(implied.present);
      ways.push_back(std::move(way));
    }
  }
}

}  // namespace

ObjectShape any_object(const ValueTables& tables) {
  ObjectShape shape;
  shape.names = tables.languages.all();
  shape.evaluated = tables.languages.none();
  return shape;
}

bool is_any(const ObjectShape& shape, const ValueTables& tables) {
  return shape.declared.empty() && shape.free.empty() && shape.required.empty() &&
         shape.implied.empty() && shape.wanted.empty() && shape.min == 0 && shape.max == kNoLimit &&
         shape.names == tables.languages.all() && shape.evaluated == tables.languages.none();
}

NodeId free_node(ValueTables& tables, const ObjectShape& shape, std::string_view name) {
  Languages& languages = tables.languages;
  if (!languages.is_all(shape.names) && !languages.accepts(shape.names, name)) return kNothing;
  NodeId node = kEverything;
  for (const FreeNames& free : shape.free) {
    bool matched = false;
    for (const NameRule& rule : free.rules) {
      if (!languages.accepts(rule.names, name)) continue;
      matched = true;
      node = tables.formulas.both(node, rule.node);
    }
    if (!matched) node = tables.formulas.both(node, free.otherwise);
  }
  return node;
}

const Declared* find_declared(const ObjectShape& shape, NameId name) {
  const auto place = std::ranges::find(shape.declared, name, &Declared::name);
  return place == shape.declared.end() ? nullptr : &*place;
}

Declared& declare(ValueTables& tables, ObjectShape& shape, NameId name) {
  const auto place = std::ranges::find(shape.declared, name, &Declared::name);
  if (place != shape.declared.end()) return *place;
  shape.declared.push_back({name, free_node(tables, shape, tables.names[name])});
  return shape.declared.back();
}

void require(ValueTables& tables, ObjectShape& shape, NameId name) {
  declare(tables, shape, name);
  const auto place = std::ranges::lower_bound(shape.required, name);
  if (place == shape.required.end() || *place != name) shape.required.insert(place, name);
}

ObjectShape both(ValueTables& tables, const ObjectShape& a, const ObjectShape& b) {
  if (is_any(a, tables)) return b;
  if (is_any(b, tables)) return a;
  Formulas& formulas = tables.formulas;
  ObjectShape shape = a;
  const NameLookup in_a(a), in_b(b);
  for (Declared& member : shape.declared) {
    const auto other = in_b.find(member.name);
    member.node = formulas.both(member.node,
                                other ? *other : free_node(tables, b, tables.names[member.name]));
  }
  for (const Declared& member : b.declared) {
    if (in_a.find(member.name)) continue;
    const NodeId other = free_node(tables, a, tables.names[member.name]);
    shape.declared.push_back({member.name, formulas.both(member.node, other)});
  }
  add_missing(shape.free, b.free);
  add_missing(shape.wanted, b.wanted);
  shape.names = tables.languages.both(a.names, b.names);
  shape.evaluated = tables.languages.either(a.evaluated, b.evaluated);
  shape.required.clear();
  std::ranges::set_union(a.required, b.required, std::back_inserter(shape.required));
  shape.min = std::max(a.min, b.min);
  shape.max = std::min(a.max, b.max);
  shape.implied.insert(shape.implied.end(), b.implied.begin(), b.implied.end());
  return shape;
}

std::vector<ObjectShape> complement(ValueTables& tables, const ObjectShape& shape) {
  std::vector<ObjectShape> ways;
  break_members(tables, shape, ways);
  break_free_rules(tables, shape, ways);
  if (shape.min > 0) {
    ways.push_back(any_object(tables));
    ways.back().max = shape.min - 1;
  }
  if (shape.max != kNoLimit) {
    ways.push_back(any_object(tables));
    ways.back().min = shape.max + 1;
  }
  for (const NameRule& wanted : shape.wanted) {  // no such name has such a value
    ways.push_back(any_object(tables));
    ways.back().free.push_back(
        {{{wanted.names, tables.formulas.negated(wanted.node)}}, kEverything});
  }
  return ways;
}

}  // namespace diptych::grammar
