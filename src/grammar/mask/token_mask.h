#pragma once
// A finished mask as it is kept: a short list of ids, or a whole row of bits.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/machine.h"

namespace diptych::grammar {

inline void set_bit(std::span<std::uint32_t> row, Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  row[bit / 32] |= std::uint32_t{1} << (bit % 32);
}
inline bool has_bit(MaskView row, Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  return ((row[bit / 32] >> (bit % 32)) & 1U) != 0;
}

class TokenMask {  // immutable
 public:
  static constexpr std::size_t kSparseMax = 1000;  // ids; above that a row is hardly larger
  static std::shared_ptr<const TokenMask> of(MaskView row);

  bool dense() const { return !words_.empty(); }
  MaskView words() const { return words_; }            // dense only
  std::span<const Token> ids() const { return ids_; }  // ascending; not dense only
  bool empty() const { return words_.empty() && ids_.empty(); }
  std::size_t memory_bytes() const {
    return sizeof *this + words_.capacity() * sizeof(std::uint32_t) +
           ids_.capacity() * sizeof(Token);
  }
  const MaskKey& digest() const { return digest_; }  // of the content

 private:
  std::vector<std::uint32_t> words_;
  std::vector<Token> ids_;
  MaskKey digest_;
};

using SharedMask = std::shared_ptr<const TokenMask>;

// Shows masks as rows of one width. Dense masks are shown where they lie; short ones in a row of
// its own that it clears bit by bit.
class MaskRow {
 public:
  MaskView show(SharedMask mask, int words);

 private:
  std::vector<std::uint32_t> row_;
  SharedMask shown_;  // keeps the shown row alive
  SharedMask in_row_;
};

}  // namespace diptych::grammar
