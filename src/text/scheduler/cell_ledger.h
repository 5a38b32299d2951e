#pragma once
// Which positions of which sequence lie in the same cell of the engine's memory. Exact bookkeeping
// only, no state: the scheduler can tell before a step whether it fits and what an eviction would
// free.

#include <cstdint>
#include <vector>

#include "text/ids.h"

namespace diptych {

class CellLedger {
 public:
  CellLedger(int sequence_count, int cell_count);

  void append(SequenceId sequence, int count);  // new cells; the caller knows that they are free
  void share(SequenceId from, SequenceId to, int count);  // `to` is empty
  void truncate(SequenceId sequence, int count);
  void set_live(SequenceId sequence, bool live);  // in use, as opposed to kept for reuse

  int length(SequenceId sequence) const;
  int cell_count() const { return static_cast<int>(cells_.size()); }
  int free() const { return static_cast<int>(unused_.size()); }
  int used() const { return cell_count() - free(); }
  int live() const { return live_; }  // cells that some live sequence uses
  int cached() const {
    return used() - live_;
  }  // cells that only kept sequences use: could be free

 private:
  struct Cell {
    std::uint16_t uses = 0, live_uses = 0;
  };
  struct Sequence {
    bool live = false;
    std::vector<std::int32_t> cells;
  };
  void add_live(Cell& cell, int change);

  std::vector<Cell> cells_;
  std::vector<std::int32_t> unused_;
  std::vector<Sequence> sequences_;
  int live_ = 0;
};

}  // namespace diptych
