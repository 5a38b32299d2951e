// const and enum: numbers by value, objects without key order.
#include <algorithm>

#include "grammar/value/object_shape.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {

NodeId ValueNodes::constant(const JsonNode& value) {
  const auto known =
      std::ranges::find_if(constants_, [&](const JsonNode* other) { return other == &value; });
  const auto index = static_cast<std::uint32_t>(known - constants_.begin());
  if (known == constants_.end()) constants_.push_back(&value);
  return tables_.formulas.leaf({.kind = FormulaKind::kConst, .index = index});
}

ValueSet ValueNodes::constant_set(const JsonNode& value) {
  ValueSet set = algebra_.nothing();
  if (const auto* items = std::get_if<std::vector<JsonNode>>(&value.value)) {
    ArrayShape shape;
    for (const JsonNode& item : *items) shape.prefix.push_back(constant(item));
    shape.rest = kNothing;
    shape.min = shape.max = static_cast<std::uint32_t>(items->size());
    set.arrays.push_back(tables_.arrays.intern(std::move(shape)));
  } else if (const auto* members = std::get_if<JsonMembers>(&value.value)) {
    ObjectShape shape = any_object(tables_);
    shape.free.push_back({{}, kNothing});
    for (const auto& [name, member] : *members) {
      const NameId id = tables_.names.intern(name);
      shape.declared.push_back({id, constant(member)});
      shape.required.push_back(id);
    }
    std::ranges::sort(shape.required);
    set.objects.push_back(tables_.objects.intern(std::move(shape)));
  } else if (const bool* truth = std::get_if<bool>(&value.value)) {
    (*truth ? set.yes : set.no) = true;
  } else if (const auto* number = std::get_if<JsonNode::Number>(&value.value)) {
    NumberSet numbers;
    numbers.among = {number->value};
    set.numbers.push_back(tables_.numbers.intern(std::move(numbers)));
  } else if (const auto* text = std::get_if<std::string>(&value.value)) {
    set.strings = tables_.languages.literal(*text);
  } else {
    set.null = true;
  }
  return set;
}

ValueSet ValueNodes::listed_set(const std::vector<JsonNode>& values) {
  ValueSet set = algebra_.nothing();
  std::vector<std::string> texts;
  NumberSet numbers;
  numbers.among.emplace();
  for (const JsonNode& value : values) {
    if (const auto* text = std::get_if<std::string>(&value.value)) {
      texts.push_back(*text);
    } else if (const auto* number = std::get_if<JsonNode::Number>(&value.value)) {
      numbers.among->push_back(number->value);
    } else {
      set = algebra_.either(set, constant_set(value));
    }
  }
  if (!texts.empty()) set.strings = tables_.languages.one_of(texts);
  if (!numbers.among->empty()) set.numbers.push_back(tables_.numbers.intern(std::move(numbers)));
  return set;
}

}  // namespace diptych::grammar
