// How many values a node has, at least: what unique items ask.
#include <algorithm>

#include "grammar/value/array_shape.h"
#include "grammar/value/object_outlook.h"
#include "grammar/value/value_nodes.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kDepthMax = 8;  // deeper values count once

std::uint64_t times(std::uint64_t a, std::uint64_t b, std::uint64_t cap) {
  return a != 0 && b > cap / a ? cap : std::min(cap, a * b);
}

}  // namespace

std::uint64_t ValueNodes::count(NodeId node, std::uint64_t cap) {
  if (verdict(node) != Verdict::kInhabited) return 0;
  if (node == kEverything || cap <= 1) return cap;
  if (count_depth_ >= kDepthMax) return 1;
  ++count_depth_;
  const ValueSet& set = expand(node);
  std::uint64_t found = (set.null ? 1U : 0U) + (set.no ? 1U : 0U) + (set.yes ? 1U : 0U);
  found += tables_.languages.count(set.strings, cap);
  // Sets of a union may overlap: the largest of each kind is sure.
  std::uint64_t numbers = 0, arrays = 0, objects = 0;
  for (const NumberSetId id : set.numbers) {
    numbers = std::max(numbers, std::min(cap, grammar::count(tables_.numbers[id]).value_or(cap)));
  }
  for (const ArrayId id : set.arrays) {
    if (found + numbers + arrays < cap) arrays = std::max(arrays, count_array(id, cap));
  }
  for (const ObjectId id : set.objects) {
    if (found + numbers + arrays + objects < cap)
      objects = std::max(objects, count_object(id, cap));
  }
  --count_depth_;
  return std::min(cap, found + numbers + arrays + objects);
}

std::uint64_t ValueNodes::count_array(ArrayId id, std::uint64_t cap) {
  if (array_verdict(id) != Verdict::kInhabited) return 0;
  const ArrayShape& shape = tables_.arrays[id];
  if (!shape.counted.empty() || shape.unique) return 1;
  const bool endless = shape.max == kNoLimit && inhabited(shape.rest);
  if (endless && std::ranges::all_of(shape.prefix, [&](NodeId node) { return inhabited(node); })) {
    return cap;
  }
  std::uint64_t found = 0, of_length = 1;
  const std::uint64_t longest = std::min<std::uint64_t>(shape.max, std::uint64_t{shape.min} + cap);
  for (std::uint32_t length = 0; found < cap; ++length) {
    if (length >= shape.min) found = std::min(cap, found + of_length);
    if (length >= longest) break;
    of_length = times(of_length, count(item_node(shape, length), cap), cap);
    if (of_length == 0) break;
  }
  return found;
}

std::uint64_t ValueNodes::count_object(ObjectId id, std::uint64_t cap) {
  if (object_verdict(id) != Verdict::kInhabited) return 0;
  const ObjectForm form = make_form(tables_.objects[id]);
  if (has_endless_names(form.shape, cap)) return cap;
  if (!form.shape.wanted.empty()) return 1;
  std::uint64_t found = 1;
  for (std::uint32_t i = 0; i < form.shape.declared.size() && found < cap; ++i) {
    const bool required = std::ranges::binary_search(form.required, i);
    if (!required && !form.plain) continue;
    const std::uint64_t values = count(form.shape.declared[i].node, cap);
    found = times(found, values + (required ? 0 : 1), cap);
  }
  return found;
}

// A further member under any of more than `least` undeclared names breaks nothing.
bool ValueNodes::has_endless_names(const ObjectShape& shape, std::uint64_t least) {
  if (shape.max != kNoLimit) return false;
  const ObjectShape* whole = &shape;
  const auto classes = name_classes(tables_, {&whole, 1}, 64);
  if (!classes) return false;
  const std::uint64_t enough = least + shape.declared.size() + 4096;
  return std::ranges::any_of(*classes, [&](const NameClass& names) {
    return inhabited(names.nodes.front()) && tables_.languages.count(names.names, enough) >= enough;
  });
}

}  // namespace diptych::grammar
