#include "grammar/value/object_plan.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "grammar/schema/json_value.h"
#include "grammar/value/object_shape.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kClassesMax = 512;

std::string spelled(const std::string& name) {
  const bool plain =
      std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; });
  if (plain) return name;
  std::string text = compact_text(JsonNode{.value = name});
  return text.substr(1, text.size() - 2);
}

std::vector<NameId> all_names(ValueTables& tables, const std::vector<TargetedShape>& shapes) {
  std::vector<NameId> names;
  std::unordered_map<NameId, bool> known;
  for (const TargetedShape& shape : shapes) {
    for (const Declared& member : tables.objects[shape.shape].declared) {
      if (known.try_emplace(member.name).second) names.push_back(member.name);
    }
  }
  return names;
}

// The shape with exactly these names declared, in this order.
ObjectShape with_names(ValueTables& tables, const ObjectShape& shape,
                       const std::vector<NameId>& names) {
  std::unordered_map<NameId, NodeId> nodes;
  for (const Declared& member : shape.declared) nodes.emplace(member.name, member.node);
  ObjectShape result = shape;
  result.declared.clear();
  for (const NameId name : names) {
    const auto known = nodes.find(name);
    const NodeId node =
        known != nodes.end() ? known->second : free_node(tables, shape, tables.names[name]);
    result.declared.push_back({name, node});
  }
  return result;
}

std::uint64_t text_hash(std::string_view utf8) {
  std::uint64_t hash = kEmptyTextHash;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = size == 1 ? lead : lead & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k) {
      c = c << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3fU);
    }
    hash = with_character(hash, c);
    i += size;
  }
  return hash;
}

void spell_names(const ValueTables& tables, const std::vector<NameId>& names, ObjectPlan& plan) {
  std::vector<std::string> texts;
  for (const NameId name : names) {
    texts.push_back(spelled(tables.names[name]));
    plan.name_hashes.push_back(text_hash(tables.names[name]));
  }
  plan.names.indexes.resize(names.size());
  std::iota(plan.names.indexes.begin(), plan.names.indexes.end(), 0U);
  std::ranges::sort(plan.names.indexes, {}, [&](std::uint32_t i) -> auto& { return texts[i]; });
  for (const std::uint32_t i : plan.names.indexes) plan.names.texts.push_back(std::move(texts[i]));
}

std::uint32_t counted_up_to(const ObjectShape& shape) {
  if (shape.max != kNoLimit) return std::max(shape.min, shape.max) + 1;
  return shape.min;
}

}  // namespace

SpelledNames::Range SpelledNames::narrow(Range range, std::uint32_t depth,
                                         std::uint8_t byte) const {
  const auto at = [&](std::uint32_t i) {
    return depth < texts[i].size() ? static_cast<unsigned char>(texts[i][depth]) : -1;
  };
  const auto first_not_below = [&](int least) {
    Range left = range;
    while (!left.empty()) {
      const std::uint32_t middle = left.begin + (left.end - left.begin) / 2;
      (at(middle) < least ? left.begin : left.end) = at(middle) < least ? middle + 1 : middle;
    }
    return left.begin;
  };
  return {first_not_below(byte), first_not_below(byte + 1)};
}

std::optional<std::uint32_t> SpelledNames::whole(Range range, std::uint32_t depth) const {
  if (range.empty() || texts[range.begin].size() != depth) return std::nullopt;
  return indexes[range.begin];
}

std::optional<ObjectPlan> make_object_plan(ValueNodes& nodes,
                                           const std::vector<TargetedShape>& shapes) {
  ValueTables& tables = nodes.tables();
  ObjectPlan plan;
  const std::vector<NameId> names = all_names(tables, shapes);
  std::vector<const ObjectShape*> wholes;
  for (const TargetedShape& targeted : shapes) {
    const ObjectShape& shape = tables.objects[targeted.shape];
    wholes.push_back(&shape);
    plan.forms.push_back(make_form(with_names(tables, shape, names)));
    plan.targets.push_back(targeted.targets);
    plan.plain = plan.plain && plan.forms.back().plain;
    plan.count_max = std::max(plan.count_max, counted_up_to(shape));
  }
  spell_names(tables, names, plan);
  auto classes = name_classes(tables, wholes, kClassesMax);
  if (!classes) return std::nullopt;
  plan.classes = std::move(*classes);
  return plan;
}

}  // namespace diptych::grammar
