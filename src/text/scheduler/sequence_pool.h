#pragma once
// The engine's sequences: in use (live), kept for their prefix, or empty. Every change of the
// engine's memory goes through here, so that the tokens (PrefixIndex) and the cells (CellLedger)
// are always what the engine holds.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/engine.h"
#include "text/scheduler/cell_ledger.h"
#include "text/scheduler/prefix_index.h"

namespace diptych {

enum class PrefixReuse { kNo, kYes };

class SequencePool {
 public:
  // cached_cells_max: what kept prefixes may use; -1: whatever nobody else needs.
  SequencePool(Engine& engine, int cached_cells_max);

  struct Placement {
    SequenceId sequence = -1;
    int reused = 0;  // positions that need no computing
  };
  // A live sequence that holds as much of `tokens` as can be had for free, but not the last token
  // (its logits are wanted). nullopt: all sequences are live.
  std::optional<Placement> place(std::string_view salt, std::span<const TokenId> tokens,
                                 PrefixReuse reuse);
  // A live sequence that shares the first `count` positions of a live one; nullopt: the engine
  // cannot.
  std::optional<SequenceId> fork(SequenceId from, int count);

  void append(SequenceId sequence,
              std::span<const TokenId> tokens);  // the engine has just computed them
  void restore(
      SequenceId sequence);  // after a stopped step: back to the known length, or to nothing
  void release(SequenceId sequence);  // keeps what it holds for later prompts
  void discard(SequenceId sequence);  // empties it

  int length(SequenceId sequence) const { return cells_.length(sequence); }
  int prefix_of(std::string_view salt, std::span<const TokenId> tokens) const;  // reusable now
  const CellLedger& cells() const { return cells_; }
  int room() const {
    return cells_.free() + cells_.cached();
  }  // cells that could be had without touching live ones
  bool evict_one();           // the least recently used kept prefix; false: there is none
  bool make_room(int cells);  // evicts until that many are free
  std::int64_t eviction_count() const { return evictions_; }
  int free_sequences() const;  // empty or kept

 private:
  enum class Use : std::uint8_t { kEmpty, kLive, kKept, kBroken };
  struct Slot {
    Use use = Use::kEmpty;
    std::uint64_t last_used = 0;
  };
  std::optional<SequenceId> take_empty(SequenceId spare);
  std::optional<SequenceId> oldest_kept(SequenceId spare) const;
  bool adopt(const PrefixMatch& match);
  std::optional<Placement> place_fresh(std::string_view salt, SequenceId spare);
  void go_live(SequenceId sequence);
  void drop_covered(SequenceId sequence);
  Slot& slot(SequenceId sequence) { return slots_[static_cast<std::size_t>(sequence)]; }

  Engine& engine_;
  const int cached_cells_max_;
  PrefixIndex index_;
  CellLedger cells_;
  std::vector<Slot> slots_;
  std::uint64_t use_count_ = 0;
  std::int64_t evictions_ = 0;
};

}  // namespace diptych
