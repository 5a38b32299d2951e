#include "grammar/value/sequence_table.h"

#include <algorithm>

namespace diptych::grammar {
namespace {

constexpr std::size_t kFirstSlots = 64, kFirstBlockWords = 256, kBlockWordsMax = 64 << 10;

std::uint32_t hash_of(std::span<const std::uint32_t> words) {
  std::uint64_t hash = 0x9e37'79b9'7f4a'7c15ULL + words.size();
  for (const std::uint32_t word : words) {
    hash = (hash ^ word) * 0xff51'afd7'ed55'8ccdULL;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

SequenceTable::SequenceTable() : slots_(kFirstSlots, 0) { intern({}); }

SequenceId SequenceTable::intern(std::span<const std::uint32_t> words) {
  const std::uint32_t hash = hash_of(words);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Row& row = rows_[slots_[slot] - 1];
    if (row.hash == hash && row.size == words.size() &&
        std::equal(words.begin(), words.end(), row.words)) {
      return slots_[slot] - 1;
    }
  }
  rows_.push_back({store(words), static_cast<std::uint32_t>(words.size()), hash});
  slots_[slot] = static_cast<std::uint32_t>(rows_.size());
  if (rows_.size() * 2 > slots_.size()) grow();
  return static_cast<SequenceId>(rows_.size() - 1);
}

const std::uint32_t* SequenceTable::store(std::span<const std::uint32_t> words) {
  if (words.size() > block_left_) {
    const std::size_t next = std::min(kBlockWordsMax, std::max(kFirstBlockWords, stored_words_));
    block_left_ = std::max(words.size(), next);
    blocks_.push_back(std::make_unique<std::uint32_t[]>(block_left_));
    block_end_ = blocks_.back().get();
    stored_words_ += block_left_;
  }
  std::uint32_t* place = block_end_;
  std::copy(words.begin(), words.end(), place);
  block_end_ += words.size();
  block_left_ -= words.size();
  return place;
}

void SequenceTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::size_t slot = rows_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

std::size_t SequenceTable::memory_bytes() const {
  return rows_.capacity() * sizeof(Row) + (slots_.capacity() + stored_words_) * sizeof(slots_[0]);
}

}  // namespace diptych::grammar
