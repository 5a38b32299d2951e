// Items that must be unique, while they are being written: whether they can still become something
// that is no item yet. Enough ways to go on are enough; else a witness is searched for.
#include <algorithm>
#include <string_view>

#include "grammar/value/json_walker.h"
#include "grammar/value/value_hash.h"

namespace diptych::grammar {
namespace {

constexpr std::uint32_t kSearchDepthMax = 96;

// Digits bring little and there is no end of them.
std::uint32_t to_price(const Place& place) { return place.mode == Mode::kNumber ? 24 : 1; }

std::uint64_t hash_of(const Place& place) {
  const MachineState state = place.packed();
  std::uint64_t hash = 0;
  for (const std::uint64_t word : state.words) hash = mix(hash, word);
  return hash;
}

}  // namespace

// Within containers only: a scalar item is looked after where it is written.
bool JsonWalker::can_differ(const Place& place) {
  if (!stack_[place.stack].hashed) return true;
  std::uint64_t seen = 0;  // items that it must differ from, in all arrays that it is in
  StackId outermost = place.stack;
  while (true) {
    const StackRow& row = stack_[outermost];
    if (frames_.is_unique_item(row.frame)) seen += sets_.size(row.set);
    if (!row.hashed) break;
    outermost = row.parent;
  }
  if (seen == 0 || has_ways(place, seen)) return true;
  const auto [known, is_new] = differing_.try_emplace(hash_of(place), false);
  if (!is_new) return known->second;
  std::size_t steps_left = limits_.search_steps_max / 8;
  searching_ = true;
  const bool found = search(place, stack_.depth(outermost), kSearchDepthMax, steps_left);
  searching_ = false;
  if (!found && steps_left == 0) ++refused_;
  return differing_[hash_of(place)] = found;
}

bool JsonWalker::all_have_many(SequenceId tracks, std::uint64_t least) {
  const auto words = string_tracks_[tracks];
  for (std::size_t at = 0; at < words.size(); at += 2) {
    if (!has_many({words[at]}, least)) return false;
  }
  return true;
}

// More than `seen` ways to go on, inside the innermost array with unique items.
bool JsonWalker::has_ways(const Place& place, std::uint64_t seen) {
  const bool between = place.b == 0 && place.c == 0;  // characters; else one is bound already
  if (place.mode == Mode::kString && has_many({place.a}, seen + 1)) {
    if (between || nodes_.tables().languages.is_all({place.a})) return true;
  }
  if (place.mode == Mode::kStrings && between && all_have_many(place.a, seen + 1)) return true;
  const std::uint64_t needed = seen + (place.mode == Mode::kNextKey ? 2 : 1);
  if (place.mode == Mode::kKey) {
    const auto tracks = name_tracks_[place.a];
    if (between && tracks.size() >= 2 && has_many({tracks[0]}, needed + 1)) return true;
  } else if (place.mode == Mode::kValue || place.mode == Mode::kColon) {
    if (frames_.value_count(stack_[place.stack].frame, needed) >= needed) return true;
  }
  StackId at = place.stack;
  if (place.mode == Mode::kKey) at = stack_[at].parent;  // its object is bound to a key
  for (; stack_[at].hashed; at = stack_[at].parent) {
    const StackRow& row = stack_[at];
    if (frames_.is_unique_item(row.frame)) {
      if (row.set != 0) return false;  // what lies further out makes no difference here
    } else if (frames_.rest_count(row.frame, amounts(row), needed) >= needed) {
      return true;
    }
  }
  return false;
}

// Depth first, what ends things soonest first.
bool JsonWalker::search(const Place& place, std::uint32_t depth, std::uint32_t bytes_left,
                        std::size_t& steps_left) {
  if (place.mode == Mode::kAfter && stack_.depth(place.stack) <= depth) return true;
  if (bytes_left == 0) return false;
  const auto try_byte = [&](std::uint8_t byte) {
    Place to;
    if (steps_left == 0 || !step(place, byte, to)) return false;
    --steps_left;
    const std::uint32_t price = to_price(place);
    if (!search(to, depth, bytes_left - std::min(bytes_left, price), steps_left)) return false;
    differing_[hash_of(to)] = true;  // whoever goes this way gets there
    return true;
  };
  constexpr std::string_view kFirst = "\"}],:0123456789{[tfn-";
  for (const char byte : kFirst) {
    if (try_byte(static_cast<std::uint8_t>(byte))) return true;
  }
  const bool in_text = place.mode == Mode::kString || place.mode == Mode::kStrings ||
                       place.mode == Mode::kKey || place.mode == Mode::kLiteral;
  if (!in_text) return false;  // white space brings nothing
  for (int byte = 0x20; byte < 0x100; ++byte) {
    if (kFirst.find(static_cast<char>(byte)) != std::string_view::npos) continue;
    if (try_byte(static_cast<std::uint8_t>(byte))) return true;
  }
  return false;
}

}  // namespace diptych::grammar
