// In how many ways a frame can go on, at least: for items that must differ from others.
#include <algorithm>

#include "grammar/value/array_shape.h"
#include "grammar/value/frames.h"

namespace diptych::grammar {
namespace {

std::uint64_t times(std::uint64_t a, std::uint64_t b, std::uint64_t cap) {
  return a != 0 && b > cap / a ? cap : std::min(cap, a * b);
}

}  // namespace

bool Frames::is_unique(FrameId frame) const {
  const FrameKind of = kind(frame);
  return (of == FrameKind::kItem || of == FrameKind::kArray) && array_plan(frame).unique;
}

// Values that are asked for here, for each alternative.
std::uint64_t Frames::value_count(FrameId frame, std::uint64_t cap) {
  std::uint64_t least = cap;
  for (const NodeId node : goals_[frames_[frame][3]]) {
    least = std::min(least, nodes_.count(node, cap));
  }
  return least;
}

// What may still come after the value under way, for each alternative.
std::uint64_t Frames::rest_count(FrameId frame, const Amounts& amounts, std::uint64_t cap) {
  const auto words = frames_[frame];
  const FrameKind of = kind(frame);
  const bool pending = of == FrameKind::kMember || of == FrameKind::kItem;
  const std::size_t skip = pending ? 1 : 0;
  std::uint64_t least = cap;
  for (std::size_t at = pending ? 4 : 3; at < words.size();) {
    const std::uint32_t form = words[at + skip];
    if (of == FrameKind::kObject || of == FrameKind::kMember) {
      const bool has_free = amounts.free > 0;
      least = std::min(
          least, rest_of_object(*object_plans_[words[1]], form, seen_[words[2]], has_free, cap));
      at += 2 + skip;
    } else {
      const ArrayShape& shape = nodes_.tables().arrays[array_plans_[words[1]].shapes[form]];
      least = std::min(least, rest_of_array(shape, amounts.count + (pending ? 1 : 0), cap));
      at += 1 + skip + shape.counted.size();
    }
  }
  return least;
}

std::uint64_t Frames::rest_of_object(ObjectPlan& plan, std::uint32_t index, SeenBits seen,
                                     bool has_free, std::uint64_t cap) {
  const ObjectForm& form = plan.forms[index];
  if (nodes_.has_endless_names(form.shape, cap)) return cap;
  if (!form.shape.wanted.empty()) return 1;
  std::uint64_t found = 1;
  for (std::uint32_t i = first_open(seen, has_free, plan.declared_count());
       i < plan.declared_count() && found < cap; ++i) {
    const bool required = std::ranges::binary_search(form.required, i);
    if (has_bit(seen, i) || (!required && !form.plain)) continue;
    const std::uint64_t values = nodes_.count(form.shape.declared[i].node, cap);
    found = times(found, values + (required ? 0 : 1), cap);
  }
  return found;
}

std::uint64_t Frames::rest_of_array(const ArrayShape& shape, std::uint32_t index,
                                    std::uint64_t cap) {
  if (!shape.counted.empty()) return 1;
  const auto prefix = static_cast<std::uint32_t>(shape.prefix.size());
  const bool rest_is_open = shape.max == kNoLimit && nodes_.inhabited(shape.rest);
  bool prefix_is_open = true;
  for (std::uint32_t i = index; i < prefix; ++i)
    prefix_is_open &= nodes_.inhabited(shape.prefix[i]);
  if (rest_is_open && prefix_is_open && !shape.unique) return cap;
  if (shape.unique) return 1;
  std::uint64_t found = 0, of_length = 1;
  for (std::uint32_t length = index; found < cap; ++length) {
    if (length >= shape.min) found = std::min(cap, found + of_length);
    if (length >= shape.max || length - index > 64) break;
    of_length = times(of_length, nodes_.count(item_node(shape, length), cap), cap);
    if (of_length == 0) break;
  }
  return std::max<std::uint64_t>(found, 1);
}

}  // namespace diptych::grammar
