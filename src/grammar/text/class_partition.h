#pragma once
// Partitions of the code points into blocks that a term cannot tell apart (minterms). Interned: the
// terms of one language share a handful.

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "grammar/text/code_point_set.h"

namespace diptych::grammar {

using PartitionId = std::uint32_t;

struct ClassPartition {
  std::vector<char32_t> starts;       // where a run of one block begins; starts[0] = 0
  std::vector<std::uint16_t> blocks;  // of the run; numbered in order of first appearance
  std::array<std::uint16_t, 128> ascii{};
  std::uint16_t block_count = 1;
  std::vector<char32_t> representatives;  // by block: its first code point, not a surrogate

  std::uint16_t block_of(char32_t code_point) const;
};

class ClassPartitions {
 public:
  static constexpr PartitionId kOneBlock = 0;  // everything alike
  ClassPartitions();

  PartitionId of(const CodePointSet& set);  // the set and the rest
  // Every one of these code points alone, and the rest. Ascending, without repeats.
  PartitionId of_singles(const std::vector<char32_t>& code_points);
  PartitionId refine(PartitionId a, PartitionId b);
  const ClassPartition& get(PartitionId id) const { return partitions_[id]; }
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  PartitionId intern(ClassPartition partition);

  std::vector<ClassPartition> partitions_;
  std::unordered_multimap<std::uint64_t, PartitionId> by_hash_;
  std::unordered_map<std::uint64_t, PartitionId> products_;
  std::size_t memory_bytes_ = 0;
};

}  // namespace diptych::grammar
