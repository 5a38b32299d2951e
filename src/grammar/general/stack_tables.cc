#include "grammar/general/stack_tables.h"

#include <algorithm>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

// No token is that long, so more rounds than this away from a bound make no difference to a mask.
constexpr std::uint32_t kFarRounds = 256;

std::uint32_t clipped_distance(std::uint32_t from, std::uint32_t to) {
  return to <= from ? 0 : std::min(to - from, kFarRounds);
}

LanguagePosition language_position(const LeafPosition& position) {
  return {.language = {static_cast<std::uint32_t>(position.inside.words[0])},
          .partial = static_cast<std::uint32_t>(position.inside.words[1])};
}

LeafPosition of_language(NetworkState node, const LanguagePosition& at) {
  return {.node = node, .inside = {.words = {at.language.id, at.partial, 0, 0}}};
}

}  // namespace

std::size_t StackTopsHash::operator()(const StackTops& tops) const {
  ContentHash hash;
  for (const StackTop& top : tops) {
    hash.add(std::uint64_t{top.state} << 32U | top.frame);
    hash.add(top.count);
  }
  return hash.value();
}

Frames::Frames(const Network& network) : network_(network) {
  intern({.returns = {}, .ends = true});  // kBottom
}

std::uint64_t Frames::content_of(const StackTop& top) const {
  ContentHash hash(frames_[top.frame].content);
  hash.add(top.state);
  const std::uint32_t loop = network_.nodes[top.state].loop;
  if (loop == kNoLoop) return hash.value();
  const CountedLoop& bounds = network_.loops[loop];
  hash.add(clipped_distance(top.count, bounds.least));
  hash.add(bounds.most == kUnbounded ? kFarRounds : clipped_distance(top.count, bounds.most));
  return hash.value();
}

FrameId Frames::intern(Frame frame) {
  // By exact content: counts that are alike for masks are not the same.
  const std::uint64_t key = StackTopsHash{}(frame.returns) ^ frame.salt;
  const auto [begin, end] = by_content_.equal_range(key);
  for (auto found = begin; found != end; ++found) {
    const Frame& known = frames_[found->second];
    if (known.returns == frame.returns && known.ends == frame.ends && known.salt == frame.salt) {
      return found->second;
    }
  }
  const FrameId id = reserve();
  by_content_.emplace(key, id);
  settle(id, std::move(frame));
  return id;
}

FrameId Frames::reserve() {
  frames_.emplace_back();
  return static_cast<FrameId>(frames_.size() - 1);
}

void Frames::settle(FrameId id, Frame frame) {
  ContentHash hash(frame.salt);
  hash.add(frame.ends ? 1 : 0);
  if (frame.salt == 0) {
    std::uint64_t sum = 0;  // whatever the order, which goes by numbers
    for (const StackTop& top : frame.returns) sum += content_of(top);
    hash.add(sum);
  }
  frame.content = hash.value();
  memory_bytes_ += sizeof(Frame) + 48 + frame.returns.size() * sizeof(StackTop);
  frames_[id] = std::move(frame);
}

std::size_t Leaves::PositionHash::operator()(const LeafPosition& position) const {
  ContentHash hash(position.node);
  for (const std::uint64_t word : position.inside.words) hash.add(word);
  return hash.value();
}

std::uint32_t Leaves::intern(const LeafPosition& position) {
  const auto [found, is_new] =
      by_position_.emplace(position, static_cast<std::uint32_t>(entries_.size()) | kLeafBit);
  if (!is_new) return found->second;
  Entry entry{.position = position};
  if (is_language(position)) {
    const LanguagePosition at = language_position(position);
    entry.may_end = at.partial == 0 && rules_.languages->accepts_empty(at.language);
  } else {
    entry.may_end = machine(position).may_end(position.inside);
  }
  entries_.push_back(entry);
  return found->second;
}

std::uint32_t Leaves::start(NetworkState node) {
  const LeafPosition position{.node = node};
  if (is_language(position)) {
    return intern(of_language(node, {network_.leaves[network_.nodes[node].a], 0}));
  }
  return intern({.node = node, .inside = machine(position).start()});
}

std::uint32_t Leaves::next(std::uint32_t leaf, std::uint8_t byte) {
  const LeafPosition from = entries_[leaf & ~kLeafBit].position;
  if (is_language(from)) {
    LanguagePosition to;
    if (!next_byte(*rules_.languages, language_position(from), byte, to)) return 0;
    return intern(of_language(from.node, to));
  }
  LeafPosition to{.node = from.node};
  return machine(from).next(from.inside, byte, to.inside) ? intern(to) : 0;
}

ByteSet Leaves::allowed(std::uint32_t leaf) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  if (is_language(at)) return allowed_bytes(*rules_.languages, language_position(at));
  return machine(at).allowed_bytes(at.inside);
}

std::optional<PlainRun> Leaves::plain_run(std::uint32_t leaf) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  if (!is_language(at)) return machine(at).plain_run(at.inside);
  const LanguagePosition inside = language_position(at);
  if (inside.partial != 0) return std::nullopt;
  return rules_.languages->plain_run(inside.language);
}

std::uint64_t Leaves::key(std::uint32_t leaf, std::uint32_t reach) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  ContentHash hash(at.node);
  if (is_language(at)) {
    const LanguagePosition inside = language_position(at);
    hash.add(rules_.languages->key(inside.language, reach));
    hash.add(inside.partial);
  } else {
    const MaskKey key = machine(at).mask_key(at.inside, reach);
    hash.add(key.high);
    hash.add(key.low);
  }
  return hash.value();
}

std::size_t Leaves::memory_bytes() const {
  constexpr std::size_t kNodeBytes = 32;  // of the table's list
  std::size_t sum = entries_.size() * (sizeof(Entry) + sizeof(LeafPosition) + kNodeBytes);
  if (rules_.languages) sum += rules_.languages->memory_bytes();
  for (const auto& machine : rules_.machines) sum += machine->memory_bytes();
  return sum;
}

std::uint64_t Leaves::refused_count() const {
  std::uint64_t sum = rules_.languages ? rules_.languages->refused_count() : 0;
  for (const auto& machine : rules_.machines) sum += machine->refused_count();
  return sum;
}

}  // namespace diptych::grammar
