#pragma once
// Sequences of words, each kept once: equal sequences have equal ids. Append-only; spans stay
// valid.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace diptych::grammar {

using SequenceId = std::uint32_t;  // 0: the empty sequence

class SequenceTable {
 public:
  SequenceTable();

  SequenceId intern(std::span<const std::uint32_t> words);
  std::span<const std::uint32_t> operator[](SequenceId id) const {
    return {rows_[id].words, rows_[id].size};
  }
  std::size_t size() const { return rows_.size(); }
  std::size_t memory_bytes() const;

 private:
  struct Row {
    const std::uint32_t* words = nullptr;
    std::uint32_t size = 0;
    std::uint32_t hash = 0;
  };

  const std::uint32_t* store(std::span<const std::uint32_t> words);
  void grow();

  std::vector<Row> rows_;
  std::vector<std::uint32_t> slots_;  // row index + 1; a power of two of them
  std::vector<std::unique_ptr<std::uint32_t[]>> blocks_;
  std::size_t block_left_ = 0, stored_words_ = 0;
  std::uint32_t* block_end_ = nullptr;
};

}  // namespace diptych::grammar
