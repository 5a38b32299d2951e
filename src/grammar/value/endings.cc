#include "grammar/value/endings.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <string_view>
#include <utility>

#include "grammar/value/array_shape.h"

namespace diptych::grammar {
namespace {

using Bytes = Endings::Bytes;

constexpr std::uint32_t kCharactersMax = 512;  // walked one by one
constexpr std::size_t kNumberStatesMax = 40;

Bytes spelled_bytes(char32_t c) {
  if (c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t')
    return 2;
  if (c < 0x20) return 6;
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

Bytes cheapest(const std::vector<CodePointRange>& ranges) {
  Bytes best = 6;
  for (const CodePointRange& range : ranges) {
    for (const char32_t c : {range.first, range.last, U' ', U'a'}) {
      if (c >= range.first && c <= range.last) best = std::min(best, spelled_bytes(c));
    }
  }
  return best;
}

}  // namespace

Bytes Endings::of_string(Language rest) {
  if (const auto known = of_strings_.find(rest.id); known != of_strings_.end()) {
    return known->second;
  }
  Languages& languages = nodes_.tables().languages;
  Bytes bytes = 1;
  Language at = rest;
  for (std::uint32_t i = 0; !languages.accepts_empty(at); ++i) {
    const Languages::Branch* best = nullptr;
    Bytes least = kNotKnown, step = 0;
    for (const auto& branch : languages.branches(at)) {
      const auto characters = languages.shortest(branch.rest);
      if (!characters) continue;
      const Bytes first = cheapest(branch.ranges);
      if (first + *characters >= least) continue;
      least = first + *characters;
      step = first;
      best = &branch;
    }
    if (best == nullptr) return of_strings_[rest.id] = kNotKnown;
    if (i >= kCharactersMax) {  // the others as dear as this one
      bytes += step * (1 + least);
      break;
    }
    bytes += step;
    at = best->rest;
  }
  return of_strings_[rest.id] = bytes;
}

Bytes Endings::of_number(NumberTracksId tracks) {
  if (const auto known = of_numbers_.find(tracks); known != of_numbers_.end()) return known->second;
  struct Step {
    NumberTracksId tracks;
    Bytes bytes;
  };
  std::deque<Step> waiting = {{tracks, 0}};
  std::unordered_map<NumberTracksId, bool> seen;
  while (!waiting.empty() && seen.size() < kNumberStatesMax) {
    const Step step = waiting.front();
    waiting.pop_front();
    if (numbers_.end(step.tracks, frames_) != 0) return of_numbers_[tracks] = step.bytes;
    for (const char byte : std::string_view("0123456789.-")) {
      const NumberTracksId next = numbers_.next(step.tracks, static_cast<std::uint8_t>(byte));
      if (next != 0 && seen.try_emplace(next, true).second) {
        waiting.push_back({next, step.bytes + 1});
      }
    }
  }
  return of_numbers_[tracks] = kNotKnown;
}

Bytes Endings::of_node(NodeId node) {
  if (const auto known = of_nodes_.find(node); known != of_nodes_.end()) {
    met_open_ |= known->second == kNotKnown + 1;
    return std::min(known->second, kNotKnown);
  }
  of_nodes_[node] = kNotKnown + 1;  // open
  const bool outer_met = std::exchange(met_open_, false);
  const Bytes bytes = work_out(node);
  if (bytes < kNotKnown || !met_open_) {
    of_nodes_[node] = bytes;
  } else {
    of_nodes_.erase(node);
  }
  met_open_ |= outer_met;
  return bytes;
}

Bytes Endings::work_out(NodeId node) {
  if (!nodes_.inhabited(node)) return kNotKnown;
  const ValueSet& set = nodes_.expand(node);
  Bytes best = set.null || set.yes ? 4 : set.no ? 5 : kNotKnown;
  if (nodes_.string_verdict(set.strings) == Verdict::kInhabited) {
    best = std::min(best, 1 + of_string(set.strings));
  }
  for (const NumberSetId id : set.numbers) {
    const std::pair<NumberSetId, Targets> alone[] = {{id, 1}};
    best = std::min(best, of_number(numbers_.start(alone)));
  }
  for (const ArrayId id : set.arrays) {
    if (best <= 2) break;
    if (nodes_.array_verdict(id) == Verdict::kInhabited) {
      best = std::min(best, of_array(nodes_.tables().arrays[id]));
    }
  }
  for (const ObjectId id : set.objects) {
    if (best <= 2) break;
    if (nodes_.object_verdict(id) == Verdict::kInhabited) {
      best = std::min(best, of_object(nodes_.tables().objects[id]));
    }
  }
  return best;
}

Bytes Endings::key_bytes(NameId name) {
  Bytes bytes = 3;  // quotes and colon
  for (const char c : nodes_.tables().names[name]) {
    const auto byte = static_cast<unsigned char>(c);
    bytes += byte < 0x80 ? spelled_bytes(byte) : 1;
  }
  return bytes;
}

Bytes Endings::of_object(const ObjectShape& shape) {
  return 1 + rest_of_object(make_form(shape), {}, true);
}

// Members that must still come, and the closing brace.
Bytes Endings::rest_of_object(const ObjectForm& form, SeenBits seen, bool is_first) {
  const bool simple = form.plain || (form.shape.wanted.empty() && form.implied.empty());
  if (!simple) return kNotKnown;
  Bytes bytes = 1;
  std::uint32_t members = 0;
  for (const std::uint32_t index : form.required) {
    if (has_bit(seen, index)) continue;
    const Declared& member = form.shape.declared[index];
    bytes = std::min(kNotKnown, bytes + key_bytes(member.name) + of_node(member.node));
    ++members;
  }
  std::uint32_t present = 0;
  for (const std::uint32_t word : seen) present += static_cast<std::uint32_t>(std::popcount(word));
  if (present + members < form.shape.min) return kNotKnown;
  if (is_first && members > 0) --members;
  return bytes + members;
}

Bytes Endings::of_array(const ArrayShape& shape) {
  const Bytes rest = rest_of_array(shape, 0);
  return std::min(kNotKnown, 1 + rest - (shape.min > 0 ? 1 : 0));
}

// Items that must still come, each with its comma, and the closing bracket.
Bytes Endings::rest_of_array(const ArrayShape& shape, std::uint32_t index) {
  if (!shape.counted.empty() || (shape.unique && shape.min > index)) return kNotKnown;
  Bytes bytes = 1;
  for (std::uint32_t i = index; i < shape.min && bytes < kNotKnown; ++i) {
    const Bytes item = 1 + of_node(item_node(shape, i));
    const bool alike = i >= shape.prefix.size();
    bytes += item * (alike ? shape.min - i : 1);
    if (alike) break;
  }
  return std::min(kNotKnown, bytes);
}

// After a value of each target: the cheapest alternative that wanted it.
std::vector<Bytes> Endings::rest_by_target(FrameId frame, std::uint32_t count) {
  std::vector<Bytes> rest(frames_.goal_nodes(frame).size(), kNotKnown);
  frames_.for_each_alternative(frame, [&](const Frames::Alternative& one) {
    rest[one.target] = std::min(rest[one.target], rest_of(one, count, false));
  });
  return rest;
}

Bytes Endings::rest_of(const Frames::Alternative& one, std::uint32_t count, bool is_first) {
  return one.form != nullptr ? rest_of_object(*one.form, one.seen, is_first)
                             : rest_of_array(*one.shape, count);
}

std::uint32_t Endings::count_after(const StackRow& row, FrameId frame) const {
  return row.count + (frames_.kind(frame) == FrameKind::kItem ? 1 : 0);
}

// The value that the frame asks for and what follows it in the container.
Bytes Endings::value_and_rest(const StackRow& row, FrameId frame) {
  const auto nodes = frames_.goal_nodes(frame);
  if (frames_.kind(frame) == FrameKind::kRoot) return of_node(nodes.front());
  const std::vector<Bytes> rest = rest_by_target(frame, count_after(row, frame));
  Bytes best = kNotKnown;
  for (std::size_t i = 0; i < nodes.size(); ++i) best = std::min(best, of_node(nodes[i]) + rest[i]);
  return best + after_value(row.parent);
}

Bytes Endings::of_value(StackId stack) {
  const StackRow row = stack_[stack];
  if (frames_.is_unique_item(row.frame) && row.set != 0) return kNotKnown;  // it must differ
  return std::min(kNotKnown, value_and_rest(row, row.frame));
}

Bytes Endings::after_value(StackId stack) {
  if (const auto known = after_.find(stack); known != after_.end()) return known->second;
  const StackRow row = stack_[stack];
  if (frames_.kind(row.frame) == FrameKind::kRoot) return 0;
  // Whichever target it will be.
  Bytes bytes = std::ranges::max(rest_by_target(row.frame, count_after(row, row.frame))) +
                after_value(row.parent);
  if (frames_.is_unique_item(row.frame) && row.set != 0) bytes = kNotKnown;  // it must differ
  return after_[stack] = std::min(kNotKnown, bytes);
}

Bytes Endings::of_container(StackId stack) {
  const StackRow row = stack_[stack];
  const bool is_object = frames_.kind(row.frame) == FrameKind::kObject;
  const bool is_first =
      is_object ? frames_.words(row.frame)[2] == 0 && row.set == 0 : row.count == 0;
  Bytes bytes = kNotKnown;
  frames_.for_each_alternative(row.frame, [&](const Frames::Alternative& one) {
    bytes = std::min(bytes, rest_of(one, row.count, is_first));
  });
  if (!is_object && is_first && bytes > 1) --bytes;
  return std::min(kNotKnown, bytes + after_value(row.parent));
}

Bytes Endings::of_member(StackId stack, std::uint32_t choice, const Amounts& amounts) {
  const StackRow& row = stack_[stack];
  const FrameId frame = frames_.member(row.frame, choice, amounts);
  if (frame == kNone) return kNotKnown;
  return std::min(kNotKnown, 1 + value_and_rest(row, frame));
}

}  // namespace diptych::grammar
