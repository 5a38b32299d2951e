#include "grammar/mask/token_mask.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "grammar/text/content_hash.h"

namespace diptych::grammar {

namespace {

// Four lanes that do not wait for each other; `seed` makes the two halves independent.
std::uint64_t hash_words(std::span<const std::uint32_t> words, std::uint64_t seed) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  std::array<std::uint64_t, 4> lanes = {seed, seed + kOdd, seed ^ kOdd, ~seed};
  std::size_t i = 0;
  for (; i + 4 <= words.size(); i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      lanes[lane] = std::rotl((lanes[lane] ^ words[i + lane]) * kOdd, 29);
    }
  }
  ContentHash hash(seed);
  for (; i < words.size(); ++i) hash.add(words[i]);
  for (const std::uint64_t lane : lanes) hash.add(lane);
  hash.add(words.size());
  return hash.value();
}

std::vector<Token> ids_of(MaskView row, std::size_t count) {
  std::vector<Token> ids;
  ids.reserve(count);
  for (std::size_t word = 0; word < row.size(); ++word) {
    for (std::uint32_t rest = row[word]; rest != 0; rest &= rest - 1) {
      ids.push_back(static_cast<Token>(word * 32 + static_cast<unsigned>(std::countr_zero(rest))));
    }
  }
  return ids;
}

}  // namespace

SharedMask TokenMask::of(MaskView row) {
  auto mask = std::make_shared<TokenMask>();
  std::size_t count = 0;
  for (const std::uint32_t word : row) count += static_cast<unsigned>(std::popcount(word));
  if (count > kSparseMax) {
    mask->words_.assign(row.begin(), row.end());
    mask->digest_ = {.high = hash_words(row, 1), .low = hash_words(row, 2)};
    return mask;
  }
  mask->ids_ = ids_of(row, count);
  std::vector<std::uint32_t> words(mask->ids_.begin(), mask->ids_.end());
  mask->digest_ = {.high = hash_words(words, 3), .low = hash_words(words, 4)};
  return mask;
}

MaskView MaskRow::show(SharedMask mask, int words) {
  if (mask->dense()) {
    shown_ = std::move(mask);
    return shown_->words();
  }
  row_.resize(static_cast<std::size_t>(words));
  if (in_row_ != mask) {
    if (in_row_) {
      for (const Token id : in_row_->ids()) row_[static_cast<std::uint32_t>(id) / 32] = 0;
    }
    for (const Token id : mask->ids()) set_bit(row_, id);
    in_row_ = std::move(mask);
  }
  return row_;
}

}  // namespace diptych::grammar
