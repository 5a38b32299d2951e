#include "image/noise/seed_sequence.h"

#include <algorithm>
#include <array>

namespace diptych {
namespace {

constexpr std::size_t kPoolWords = 24;
using Pool = std::array<std::uint32_t, kPoolWords>;

class Hash {  // each call is keyed by how many came before
 public:
  std::uint32_t operator()(std::uint32_t word) {
    word ^= key_;
    key_ *= 0x931E8875;
    word *= key_;
    return word ^ word >> 16;
  }

 private:
  std::uint32_t key_ = 0x43B0D7E5;
};

std::uint32_t mix(std::uint32_t x, std::uint32_t y) {
  const std::uint32_t mixed = 0xCA01F9DD * x - 0x4973F715 * y;
  return mixed ^ mixed >> 16;
}

// The words of the entropy, padded to the pool when a key follows.
std::vector<std::uint32_t> words_of(std::uint64_t entropy, std::span<const std::uint32_t> key) {
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(entropy)};
  if (entropy >> 32 != 0) words.push_back(static_cast<std::uint32_t>(entropy >> 32));
  if (!key.empty()) {
    words.resize(std::max(words.size(), kPoolWords));
    words.insert(words.end(), key.begin(), key.end());
  }
  return words;
}

Pool fill_pool(const std::vector<std::uint32_t>& words) {
  Pool pool;
  Hash hash;
  for (std::size_t i = 0; i < kPoolWords; ++i) pool[i] = hash(i < words.size() ? words[i] : 0);
  for (std::size_t from = 0; from < kPoolWords; ++from) {
    for (std::size_t to = 0; to < kPoolWords; ++to) {
      if (from != to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (std::size_t i = kPoolWords; i < words.size(); ++i) {
    for (std::uint32_t& word : pool) word = mix(word, hash(words[i]));
  }
  return pool;
}

}  // namespace

std::vector<std::uint32_t> seed_words(std::uint64_t entropy,
                                      std::span<const std::uint32_t> spawn_key, std::size_t count) {
  const Pool pool = fill_pool(words_of(entropy, spawn_key));
  std::vector<std::uint32_t> state(count);
  std::uint32_t key = 0x8B51F9DD;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t word = pool[i % kPoolWords] ^ key;
    key *= 0x58F38DED;
    word *= key;
    state[i] = word ^ word >> 16;
  }
  return state;
}

}  // namespace diptych
