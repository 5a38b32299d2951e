#include "grammar/value/array_outlook.h"

#include <algorithm>

#include "grammar/value/array_shape.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kSearchDepthMax = 2000;

}  // namespace

std::vector<ItemWay> item_ways(ValueTables& tables, const ArrayShape& shape, std::uint32_t index,
                               std::span<const std::uint32_t> counts) {
  std::vector<ItemWay> ways = {{item_node(shape, index), {counts.begin(), counts.end()}}};
  for (std::size_t c = 0; c < shape.counted.size(); ++c) {
    const CountedItems& items = shape.counted[c];
    const bool matters = items.max != kNoLimit || counts[c] < items.min;
    if (index < items.from || !matters) continue;
    std::vector<ItemWay> split;
    for (const ItemWay& way : ways) {
      if (way.counts[c] < items.max) {
        split.push_back({tables.formulas.both(way.node, items.node), way.counts});
        ++split.back().counts[c];
      }
      split.push_back(way);
      if (items.max != kNoLimit) {
        split.back().node = tables.formulas.both(way.node, tables.formulas.negated(items.node));
      }
    }
    ways = std::move(split);
  }
  return ways;
}

bool ArrayOutlook::closable(std::uint32_t index, std::span<const std::uint32_t> counts) const {
  if (index < shape_.min || index > shape_.max) return false;
  for (std::size_t c = 0; c < shape_.counted.size(); ++c) {
    if (counts[c] < shape_.counted[c].min) return false;
  }
  return true;
}

Verdict ArrayOutlook::verdict(std::uint32_t index, std::span<const std::uint32_t> counts) {
  if (index > shape_.max || shape_.min > shape_.max) return Verdict::kEmpty;
  if (closable(index, counts)) return Verdict::kInhabited;
  if (shape_.counted.empty()) return plain_verdict(index);
  const Verdict found = search(index, {counts.begin(), counts.end()});
  return found == Verdict::kEmpty && unknown_ ? Verdict::kUnknown : found;
}

Verdict ArrayOutlook::plain_verdict(std::uint32_t index) {
  Verdict result = Verdict::kInhabited;
  const auto prefix = static_cast<std::uint32_t>(shape_.prefix.size());
  for (std::uint32_t i = index; i < std::min(prefix, shape_.min); ++i) {
    result = worse(result, nodes_.verdict(shape_.prefix[i]));
    if (result == Verdict::kEmpty) return result;
  }
  if (shape_.min > prefix) result = worse(result, nodes_.verdict(shape_.rest));
  if (!shape_.unique || result == Verdict::kEmpty) return result;
  for (std::uint32_t i = index; i < shape_.min; ++i) {
    if (!room_for(i)) return Verdict::kUnknown;
    if (i >= prefix && nodes_.count(shape_.rest, shape_.min) >= shape_.min) break;
  }
  return result;
}

// With unique items: whatever came before, some value is left for this one.
bool ArrayOutlook::room_for(std::uint32_t index) {
  return nodes_.count(item_node(shape_, index), std::uint64_t{index} + 1) > index;
}

Verdict ArrayOutlook::search(std::uint32_t index, const std::vector<std::uint32_t>& counts) {
  if (closable(index, counts)) return Verdict::kInhabited;
  if (index >= shape_.max) return Verdict::kEmpty;
  if (index >= kSearchDepthMax || failed_.size() > nodes_.limits().search_steps_max) {
    return Verdict::kUnknown;
  }
  std::vector<std::uint32_t> key = counts;
  key.push_back(index);
  if (failed_.contains(key)) return Verdict::kEmpty;
  for (const ItemWay& way : item_ways(nodes_.tables(), shape_, index, counts)) {
    if (way.counts == counts && index >= std::max<std::size_t>(shape_.min, shape_.prefix.size()) &&
        std::ranges::all_of(shape_.counted,
                            [&](const CountedItems& items) { return index >= items.from; })) {
      continue;  // an item that brings nothing where nothing is going to change
    }
    const Verdict item = nodes_.verdict(way.node);
    if (item == Verdict::kUnknown) unknown_ = true;
    if (item != Verdict::kInhabited) continue;
    if (shape_.unique && nodes_.count(way.node, std::uint64_t{index} + 1) <= index) {
      unknown_ = true;
      continue;
    }
    const Verdict rest = search(index + 1, way.counts);
    if (rest == Verdict::kInhabited) return rest;
    if (rest == Verdict::kUnknown) unknown_ = true;
  }
  failed_.insert(std::move(key));
  return Verdict::kEmpty;
}

}  // namespace diptych::grammar
