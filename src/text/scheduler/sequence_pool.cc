#include "text/scheduler/sequence_pool.h"

#include <algorithm>
#include <ranges>

#include "base/check.h"
#include "base/log.h"

namespace diptych {

SequencePool::SequencePool(Engine& engine, int cached_cells_max)
    : engine_(engine),
      cached_cells_max_(cached_cells_max),
      index_(engine.limits().sequence_count),
      cells_(engine.limits().sequence_count, engine.limits().cell_count),
      slots_(static_cast<std::size_t>(engine.limits().sequence_count)) {}

int SequencePool::prefix_of(std::string_view salt, std::span<const TokenId> tokens) const {
  const auto match = index_.find(salt, tokens.first(tokens.size() - 1));
  return match ? match->length : 0;
}

std::optional<SequencePool::Placement> SequencePool::place(std::string_view salt,
                                                           std::span<const TokenId> tokens,
                                                           PrefixReuse reuse) {
  const auto match = reuse == PrefixReuse::kYes ? index_.find(salt, tokens.first(tokens.size() - 1))
                                                : std::nullopt;
  if (!match) return place_fresh(salt, -1);
  if (adopt(*match)) return Placement{match->sequence, match->length};
  const auto placement = place_fresh(salt, match->sequence);
  if (!placement) return place_fresh(salt, -1);  // only the match itself could make way
  if (!engine_.fork(match->sequence, placement->sequence, match->length)) return placement;
  cells_.share(match->sequence, placement->sequence, match->length);
  index_.append(placement->sequence, tokens.first(static_cast<std::size_t>(match->length)));
  slot(match->sequence).last_used = ++use_count_;
  return Placement{placement->sequence, match->length};
}

// Continues a kept sequence in place when all of it is wanted, or when there is no other sequence
// to fork into.
bool SequencePool::adopt(const PrefixMatch& match) {
  if (slot(match.sequence).use != Use::kKept) return false;
  if (match.length < length(match.sequence)) {
    const bool crowded =
        std::ranges::none_of(slots_, [](const Slot& s) { return s.use == Use::kEmpty; }) &&
        !oldest_kept(match.sequence);
    if (!crowded || !engine_.truncate(match.sequence, match.length)) return false;
    cells_.truncate(match.sequence, match.length);
    index_.truncate(match.sequence, match.length);
  }
  go_live(match.sequence);
  return true;
}

std::optional<SequencePool::Placement> SequencePool::place_fresh(std::string_view salt,
                                                                 SequenceId spare) {
  const auto sequence = take_empty(spare);
  if (!sequence) return std::nullopt;
  index_.open(*sequence, salt);
  go_live(*sequence);
  return Placement{*sequence, 0};
}

std::optional<SequenceId> SequencePool::fork(SequenceId from, int count) {
  const auto placement = place_fresh(index_.salt(from), from);
  if (!placement) return std::nullopt;
  const SequenceId to = placement->sequence;
  if (!engine_.fork(from, to, count)) {
    discard(to);
    return std::nullopt;
  }
  cells_.share(from, to, count);
  index_.append(to, index_.tokens(from).first(static_cast<std::size_t>(count)));
  return to;
}

void SequencePool::append(SequenceId sequence, std::span<const TokenId> tokens) {
  index_.append(sequence, tokens);
  cells_.append(sequence, static_cast<int>(tokens.size()));
}

void SequencePool::restore(SequenceId sequence) {
  if (engine_.truncate(sequence, length(sequence))) return;
  const Status emptied =
      engine_.truncate(sequence, 0);  // a model that cannot roll back: everything again
  if (!emptied) log_error("sequence {}: {}", sequence, emptied.error().message);
  cells_.truncate(sequence, 0);
  index_.truncate(sequence, 0);
}

void SequencePool::release(SequenceId sequence) {
  if (length(sequence) == 0) return discard(sequence);
  slot(sequence) = {Use::kKept, ++use_count_};
  cells_.set_live(sequence, false);
  drop_covered(sequence);
  while (cached_cells_max_ >= 0 && cells_.cached() > cached_cells_max_ && evict_one()) {
  }
}

// A kept sequence that is the beginning of another is of no use beside it.
void SequencePool::drop_covered(SequenceId sequence) {
  const auto mine = index_.tokens(sequence);
  for (SequenceId other = 0; other < static_cast<SequenceId>(slots_.size()); ++other) {
    if (other == sequence || slot(other).use != Use::kKept ||
        index_.salt(other) != index_.salt(sequence))
      continue;
    const auto theirs = index_.tokens(other);
    const auto common = static_cast<std::size_t>(common_prefix(mine, theirs));
    if (common == theirs.size()) {
      discard(other);
    } else if (common == mine.size()) {
      slot(other).last_used = ++use_count_;
      return discard(sequence);
    }
  }
}

void SequencePool::discard(SequenceId sequence) {
  const Status emptied = engine_.truncate(sequence, 0);
  if (!emptied) log_error("sequence {} is lost: {}", sequence, emptied.error().message);
  cells_.truncate(sequence, 0);
  cells_.set_live(sequence, false);
  index_.close(sequence);
  slot(sequence) = {emptied ? Use::kEmpty : Use::kBroken, 0};
}

void SequencePool::go_live(SequenceId sequence) {
  slot(sequence) = {Use::kLive, ++use_count_};
  cells_.set_live(sequence, true);
}

std::optional<SequenceId> SequencePool::take_empty(SequenceId spare) {
  const auto find_empty = [this] { return std::ranges::find(slots_, Use::kEmpty, &Slot::use); };
  auto at = find_empty();
  if (at == slots_.end()) {
    const auto victim = oldest_kept(spare);
    if (!victim) return std::nullopt;
    discard(*victim);
    ++evictions_;
    at = find_empty();
    if (at == slots_.end()) return std::nullopt;
  }
  return static_cast<SequenceId>(at - slots_.begin());
}

std::optional<SequenceId> SequencePool::oldest_kept(SequenceId spare) const {
  std::optional<SequenceId> oldest;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto id = static_cast<SequenceId>(i);
    if (slots_[i].use != Use::kKept || id == spare) continue;
    if (!oldest || slots_[i].last_used < slots_[static_cast<std::size_t>(*oldest)].last_used)
      oldest = id;
  }
  return oldest;
}

bool SequencePool::evict_one() {
  const auto victim = oldest_kept(-1);
  if (!victim) return false;
  discard(*victim);
  ++evictions_;
  return true;
}

bool SequencePool::make_room(int cells) {
  while (cells_.free() < cells)
    if (!evict_one()) return false;
  return true;
}

int SequencePool::free_sequences() const {
  return static_cast<int>(std::ranges::count_if(
      slots_, [](const Slot& s) { return s.use == Use::kEmpty || s.use == Use::kKept; }));
}

}  // namespace diptych
