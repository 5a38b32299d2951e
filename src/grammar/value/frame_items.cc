// Items of arrays and their ends.
#include <algorithm>

#include "grammar/value/frames.h"

namespace diptych::grammar {

FrameId Frames::item(FrameId array, std::uint32_t index) {
  const Key key = {array, std::min(index, array_plan(array).index_max), 0, 0};
  if (const auto known = items_.find(key); known != items_.end()) return known->second;
  const FrameId made = make_item(array, key.b);
  return items_[key] = made;
}

FrameId Frames::make_item(FrameId array, std::uint32_t index) {
  const auto words = frames_[array];
  const ArrayPlan& plan = array_plans_[words[1]];
  Entries entries;
  for (std::size_t at = 3; at < words.size();) {
    const std::uint32_t form = words[at];
    const ArrayShape& shape = nodes_.tables().arrays[plan.shapes[form]];
    const auto counts = words.subspan(at + 1, shape.counted.size());
    at += 1 + counts.size();
    if (index >= shape.max) continue;
    for (const ItemWay& way : item_ways(nodes_.tables(), shape, index, counts)) {
      if (!nodes_.inhabited(way.node)) continue;
      if (shape.unique && nodes_.count(way.node, std::uint64_t{index} + 1) <= index) continue;
      if (ArrayOutlook(nodes_, shape).verdict(index + 1, way.counts) != Verdict::kInhabited) {
        continue;
      }
      entries.words.insert(entries.words.end(), {entries.target(way.node), form});
      entries.words.insert(entries.words.end(), way.counts.begin(), way.counts.end());
    }
  }
  if (entries.words.empty()) return kNone;
  std::vector<std::uint32_t> next = {static_cast<std::uint32_t>(FrameKind::kItem), words[1], 0,
                                     goals_.intern(entries.nodes)};
  next.insert(next.end(), entries.words.begin(), entries.words.end());
  return frames_.intern(next);
}

Targets Frames::close_array(FrameId frame, std::uint32_t index) {
  const auto words = frames_[frame];
  const ArrayPlan& plan = array_plans_[words[1]];
  const Key key = {frame, std::min(index, plan.index_max), 0, 1};
  if (const auto known = closes_.find(key); known != closes_.end()) return known->second;
  Targets targets = 0;
  for (std::size_t at = 3; at < words.size();) {
    const ArrayShape& shape = nodes_.tables().arrays[plan.shapes[words[at]]];
    const auto counts = words.subspan(at + 1, shape.counted.size());
    if (ArrayOutlook(nodes_, shape).closable(key.b, counts)) {
      targets = both_targets(targets, plan.targets[words[at]]);
    }
    at += 1 + counts.size();
  }
  return closes_[key] = targets;
}

Targets Frames::close(FrameId frame, const Amounts& amounts) {
  return kind(frame) == FrameKind::kObject ? close_object(frame, amounts)
                                           : close_array(frame, amounts.count);
}

}  // namespace diptych::grammar
