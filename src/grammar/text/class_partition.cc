#include "grammar/text/class_partition.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

// Numbers the blocks by first appearance, joins neighbours of one block, fills the ASCII table.
void finish(ClassPartition& partition, const std::vector<std::uint32_t>& labels,
            const std::vector<char32_t>& starts) {
  std::unordered_map<std::uint32_t, std::uint16_t> number_of;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto [place, is_new] =
        number_of.try_emplace(labels[i], static_cast<std::uint16_t>(number_of.size()));
    if (is_new) partition.representatives.push_back(starts[i]);
    if (!partition.blocks.empty() && partition.blocks.back() == place->second) continue;
    partition.starts.push_back(starts[i]);
    partition.blocks.push_back(place->second);
  }
  partition.block_count = static_cast<std::uint16_t>(number_of.size());
  for (char32_t c = 0, run = 0; c < partition.ascii.size(); ++c) {
    while (run + 1 < partition.starts.size() && partition.starts[run + 1] <= c) ++run;
    partition.ascii[c] = partition.blocks[run];
  }
}

}  // namespace

std::uint16_t ClassPartition::block_of(char32_t code_point) const {
  if (code_point < ascii.size()) return ascii[code_point];
  const auto after = std::ranges::upper_bound(starts, code_point);
  return blocks[static_cast<std::size_t>(after - starts.begin()) - 1];
}

ClassPartitions::ClassPartitions() {
  ClassPartition whole;
  finish(whole, {0}, {0});
  intern(std::move(whole));
}

PartitionId ClassPartitions::of(const CodePointSet& set) {
  std::vector<char32_t> starts;
  std::vector<std::uint32_t> labels;
  const auto begin_run = [&](char32_t start, std::uint32_t label) {
    starts.push_back(start);
    labels.push_back(label);
  };
  char32_t next = 0;
  for (const CodePointRange& range : set.ranges()) {
    // The surrogates join their left neighbour: a class that spans them stays one run.
    const bool only_surrogates_between = next == 0xD800 && range.first == 0xE000;
    if (range.first > next && !only_surrogates_between) begin_run(next, 0);
    begin_run(range.first, 1);
    next = range.last + 1;
  }
  if (next == 0xD800 && !set.empty()) next = 0xE000;
  if (next <= kCodePointMax) begin_run(next, 0);
  ClassPartition partition;
  finish(partition, labels, starts);
  return intern(std::move(partition));
}

PartitionId ClassPartitions::of_singles(const std::vector<char32_t>& code_points) {
  std::vector<char32_t> starts;
  std::vector<std::uint32_t> labels;
  char32_t next = 0;
  for (std::size_t i = 0; i < code_points.size(); ++i) {
    if (code_points[i] > next) {
      starts.push_back(next);
      labels.push_back(0);
    }
    starts.push_back(code_points[i]);
    labels.push_back(static_cast<std::uint32_t>(std::min<std::size_t>(i + 1, 60'000)));
    next = code_points[i] + 1;
  }
  if (next <= kCodePointMax) {
    starts.push_back(next);
    labels.push_back(0);
  }
  ClassPartition partition;
  finish(partition, labels, starts);
  return intern(std::move(partition));
}

PartitionId ClassPartitions::refine(PartitionId a, PartitionId b) {
  if (a == b || b == kOneBlock) return a;
  if (a == kOneBlock) return b;
  if (a > b) std::swap(a, b);
  const std::uint64_t pair = std::uint64_t{a} << 32U | b;
  if (const auto known = products_.find(pair); known != products_.end()) return known->second;
  std::vector<char32_t> starts;
  std::vector<std::uint32_t> labels;
  {
    const ClassPartition& left = partitions_[a];
    const ClassPartition& right = partitions_[b];
    for (std::size_t i = 0, j = 0; i < left.starts.size() && j < right.starts.size();) {
      starts.push_back(std::max(left.starts[i], right.starts[j]));
      labels.push_back(std::uint32_t{left.blocks[i]} << 16U | right.blocks[j]);
      constexpr char32_t kEnd = kCodePointMax + 1;
      const char32_t left_end = i + 1 < left.starts.size() ? left.starts[i + 1] : kEnd;
      const char32_t right_end = j + 1 < right.starts.size() ? right.starts[j + 1] : kEnd;
      if (left_end <= right_end) ++i;
      if (right_end <= left_end) ++j;
    }
  }
  ClassPartition product;
  finish(product, labels, starts);
  const PartitionId id = intern(std::move(product));
  products_.emplace(pair, id);
  memory_bytes_ += 48;
  return id;
}

PartitionId ClassPartitions::intern(ClassPartition partition) {
  ContentHash hash;
  for (std::size_t i = 0; i < partition.starts.size(); ++i) {
    hash.add(std::uint64_t{partition.starts[i]} << 16U | partition.blocks[i]);
  }
  const auto [first, last] = by_hash_.equal_range(hash.value());
  for (auto known = first; known != last; ++known) {
    const ClassPartition& other = partitions_[known->second];
    if (other.starts == partition.starts && other.blocks == partition.blocks) return known->second;
  }
  const auto id = static_cast<PartitionId>(partitions_.size());
  memory_bytes_ += sizeof(ClassPartition) + 64 + partition.starts.size() * 6 +
                   partition.representatives.size() * 4;
  partitions_.push_back(std::move(partition));
  by_hash_.emplace(hash.value(), id);
  return id;
}

}  // namespace diptych::grammar
