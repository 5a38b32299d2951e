#include "grammar/general/stack_tables.h"

#include <algorithm>

#include "grammar/general/utf8_ranges.h"
#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

// No token is that long, so more rounds than this away from a bound make no difference to a mask.
constexpr std::uint32_t kFarRounds = 256;
constexpr std::uint64_t kFarAway = 1'000'000'000;

std::uint32_t clipped_distance(std::uint32_t from, std::uint32_t to) {
  return to <= from ? 0 : std::min(to - from, kFarRounds);
}

LanguagePosition language_position(const LeafPosition& position) {
  return {.language = {static_cast<std::uint32_t>(position.inside.words[0])},
          .partial = static_cast<std::uint32_t>(position.inside.words[1])};
}

LanguagePosition all_position(const LeafPosition& position) {
  return {.language = {static_cast<std::uint32_t>(position.inside.words[2])},
          .partial = static_cast<std::uint32_t>(position.inside.words[3])};
}

LeafPosition of_language(NetworkState node, const LanguagePosition& at,
                         const LanguagePosition& all = {}) {
  return {.node = node,
          .inside = {.words = {at.language.id, at.partial, all.language.id, all.partial}}};
}

}  // namespace

std::size_t StackTopsHash::operator()(const StackTops& tops) const {
  ContentHash hash;
  for (const StackTop& top : tops) {
    hash.add(std::uint64_t{top.state} << 32U | top.frame);
    hash.add(std::uint64_t{top.guard} << 32U | top.count);
  }
  return hash.value();
}

FrameTable::FrameTable(const Network& network) : network_(network) {
  intern({.returns = {}, .ends = true});  // kBottom
}

std::uint64_t FrameTable::content_of(const StackTop& top) const {
  ContentHash hash(frames_[top.frame].content);
  hash.add(top.state);
  const std::uint32_t loop = network_.nodes[top.state].loop;
  if (loop == kNoLoop) return hash.value();
  const CountedLoop& bounds = network_.loops[loop];
  hash.add(clipped_distance(top.count, bounds.least));
  hash.add(bounds.most == kUnbounded ? kFarRounds : clipped_distance(top.count, bounds.most));
  return hash.value();
}

FrameId FrameTable::intern(StackFrame frame) {
  // By exact content: counts that are alike for masks are not the same.
  const std::uint64_t key = StackTopsHash{}(frame.returns) ^ frame.salt;
  const auto [begin, end] = by_content_.equal_range(key);
  for (auto found = begin; found != end; ++found) {
    const StackFrame& known = frames_[found->second];
    if (known.returns == frame.returns && known.ends == frame.ends && known.salt == frame.salt) {
      return found->second;
    }
  }
  const FrameId id = reserve();
  by_content_.emplace(key, id);
  settle(id, std::move(frame));
  return id;
}

FrameId FrameTable::reserve() {
  frames_.emplace_back();
  return static_cast<FrameId>(frames_.size() - 1);
}

void FrameTable::settle(FrameId id, StackFrame frame) {
  ContentHash hash(frame.salt);
  hash.add(frame.ends ? 1 : 0);
  if (frame.salt == 0) {
    std::uint64_t sum = 0;  // whatever the order, which goes by numbers
    for (const StackTop& top : frame.returns) sum += content_of(top);
    hash.add(sum);
  }
  frame.content = hash.value();
  frame.distance = frame.ends ? 0 : kFarAway;
  for (const StackTop& top : frame.returns) {
    frame.distance =
        std::min(frame.distance, network_.nodes[top.state].distance + frames_[top.frame].distance);
  }
  memory_bytes_ += sizeof(StackFrame) + 48 + frame.returns.size() * sizeof(StackTop);
  frames_[id] = std::move(frame);
}

std::uint32_t Guards::intern(const LanguagePosition& position) {
  const std::uint64_t key = std::uint64_t{position.language.id} << 32U | position.partial;
  const auto [found, is_new] =
      by_position_.emplace(key, static_cast<std::uint32_t>(positions_.size()));
  if (is_new) positions_.push_back(position);
  return found->second;
}

std::uint32_t Guards::against(Language longer, std::uint32_t beside) {
  Languages& languages = *rules_.languages;
  if (languages.branches(longer).empty()) return beside;
  if (beside != 0) longer = languages.either(longer, positions_[beside].language);
  return intern({.language = longer, .partial = 0});
}

std::uint32_t Guards::next(std::uint32_t guard, std::uint8_t byte) {
  if (guard == 0) return 0;
  LanguagePosition to;
  if (!next_byte(*rules_.languages, positions_[guard], byte, to)) return 0;
  if (to.partial != 0) return intern(to);
  if (rules_.languages->accepts_empty(to.language)) return kBroken;
  return rules_.languages->branches(to.language).empty() ? 0 : intern(to);
}

std::uint64_t Guards::key(std::uint32_t guard, std::uint32_t reach) {
  if (guard == 0) return 0;
  ContentHash hash(rules_.languages->key(positions_[guard].language, reach));
  hash.add(positions_[guard].partial);
  return hash.value();
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

std::uint32_t Leaves::start_lexeme(NetworkState node, Language all) {
  return intern(of_language(node, {network_.leaves[network_.nodes[node].a], 0}, {.language = all}));
}

std::optional<std::uint32_t> Leaves::shortest(std::uint32_t leaf) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  if (!is_language(at)) return machine(at).bytes_to_end(at.inside);
  return rules_.languages->shortest(language_position(at).language);
}

std::uint32_t Leaves::next(std::uint32_t leaf, std::uint8_t byte) {
  const LeafPosition from = entries_[leaf & ~kLeafBit].position;
  if (is_language(from)) {
    LanguagePosition to;
    if (!next_byte(*rules_.languages, language_position(from), byte, to)) return 0;
    LanguagePosition all;
    // It has every text of the lexeme's own language: it goes on where that does.
    if (is_lexeme(from) && !next_byte(*rules_.languages, all_position(from), byte, all)) return 0;
    return intern(of_language(from.node, to, all));
  }
  LeafPosition to{.node = from.node};
  return machine(from).next(from.inside, byte, to.inside) ? intern(to) : 0;
}

ByteSet Leaves::allowed(std::uint32_t leaf) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  if (is_language(at)) return allowed_bytes(*rules_.languages, language_position(at));
  return machine(at).allowed_bytes(at.inside);
}

ByteSet Leaves::first_bytes(std::uint32_t leaf) {
  const LeafPosition& at = entries_[leaf & ~kLeafBit].position;
  const LanguagePosition inside = language_position(at);
  if (!is_language(at) || inside.partial != 0) return allowed(leaf);
  ByteSet bytes;
  for (const Languages::Branch& branch : rules_.languages->branches(inside.language)) {
    for (const CodePointRange& range : branch.ranges) {
      for (const char32_t c : {range.first, range.last}) {
        std::vector<Utf8Sequence> sequences;
        append_utf8_sequences({c, c}, sequences);
        if (!sequences.empty()) bytes.set(sequences.front().bytes[0].first);
      }
    }
  }
  return bytes;
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
    if (is_lexeme(at)) hash.add(rules_.languages->key(all_position(at).language, reach));
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
