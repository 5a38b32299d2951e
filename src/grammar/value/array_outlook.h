#pragma once
// Whether an array that has begun can still be finished, and what its next item may be.

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "grammar/value/value_nodes.h"

namespace diptych::grammar {

struct ItemWay {  // one way to take the next item
  NodeId node = kEverything;
  std::vector<std::uint32_t> counts;  // of shape.counted, after it
};

// Every way that matters, the most promising first; nodes may be empty.
std::vector<ItemWay> item_ways(ValueTables& tables, const ArrayShape& shape, std::uint32_t index,
                               std::span<const std::uint32_t> counts);

class ArrayOutlook {
 public:
  ArrayOutlook(ValueNodes& nodes, const ArrayShape& shape) : nodes_(nodes), shape_(shape) {}

  Verdict verdict(std::uint32_t index, std::span<const std::uint32_t> counts);
  bool closable(std::uint32_t index, std::span<const std::uint32_t> counts) const;

 private:
  Verdict plain_verdict(std::uint32_t index);
  Verdict search(std::uint32_t index, const std::vector<std::uint32_t>& counts);
  bool room_for(std::uint32_t index);

  ValueNodes& nodes_;
  const ArrayShape& shape_;
  std::set<std::vector<std::uint32_t>> failed_;
  bool unknown_ = false;
};

}  // namespace diptych::grammar
