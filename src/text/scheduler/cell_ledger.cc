#include "text/scheduler/cell_ledger.h"

#include <numeric>

#include "base/check.h"

namespace diptych {
namespace {
std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }
}  // namespace

CellLedger::CellLedger(int sequence_count, int cell_count)
    : cells_(at(cell_count)), unused_(at(cell_count)), sequences_(at(sequence_count)) {
  std::iota(unused_.rbegin(), unused_.rend(), 0);
}

void CellLedger::add_live(Cell& cell, int change) {
  const bool before = cell.live_uses > 0;
  cell.live_uses = static_cast<std::uint16_t>(cell.live_uses + change);
  live_ += static_cast<int>(cell.live_uses > 0) - static_cast<int>(before);
}

void CellLedger::append(SequenceId sequence, int count) {
  CHECK(count <= free());
  Sequence& target = sequences_[at(sequence)];
  for (int i = 0; i < count; ++i) {
    const std::int32_t id = unused_.back();
    unused_.pop_back();
    Cell& cell = cells_[at(id)];
    cell.uses = 1;
    if (target.live) add_live(cell, 1);
    target.cells.push_back(id);
  }
}

void CellLedger::share(SequenceId from, SequenceId to, int count) {
  const Sequence& source = sequences_[at(from)];
  Sequence& target = sequences_[at(to)];
  CHECK(target.cells.empty() && count <= length(from));
  target.cells.assign(source.cells.begin(), source.cells.begin() + count);
  for (std::int32_t id : target.cells) {
    Cell& cell = cells_[at(id)];
    ++cell.uses;
    if (target.live) add_live(cell, 1);
  }
}

void CellLedger::truncate(SequenceId sequence, int count) {
  Sequence& target = sequences_[at(sequence)];
  while (length(sequence) > count) {
    const std::int32_t id = target.cells.back();
    target.cells.pop_back();
    Cell& cell = cells_[at(id)];
    if (target.live) add_live(cell, -1);
    if (--cell.uses == 0) unused_.push_back(id);
  }
}

void CellLedger::set_live(SequenceId sequence, bool live) {
  Sequence& target = sequences_[at(sequence)];
  if (target.live == live) return;
  target.live = live;
  for (std::int32_t id : target.cells) add_live(cells_[at(id)], live ? 1 : -1);
}

int CellLedger::length(SequenceId sequence) const {
  return static_cast<int>(sequences_[at(sequence)].cells.size());
}

}  // namespace diptych
