#include "base/rng.h"

#include <sys/random.h>

#include <cerrno>
#include <span>

#include "base/check.h"

namespace diptych {
namespace {

// Constants of Philox 4x32 (Salmon et al. 2011, section 4.2).
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kRandomIdLength = 24;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

void fill_with_entropy(std::span<unsigned char> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0);  // the kernel has had its entropy since boot
    filled += static_cast<std::size_t>(got);
  }
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1),
               high(product0) ^ counter[3] ^ key[1], low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

double uniform_at(std::uint64_t seed, std::uint32_t choice, std::uint64_t position) {
  const auto words =
      philox4x32({low(position), high(position), choice, 0}, {low(seed), high(seed)});
  const std::uint64_t bits = (std::uint64_t{words[1]} << 32 | words[0]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

std::uint64_t entropy64() {
  std::array<unsigned char, 8> bytes;
  fill_with_entropy(bytes);
  std::uint64_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

std::string random_id(std::string_view prefix) {
  // Bytes of 248 and more would favour the first characters: they are thrown away.
  constexpr unsigned char kAccepted = 62 * 4;
  std::string id(prefix);
  id.reserve(prefix.size() + kRandomIdLength);
  std::array<unsigned char, 32> bytes;
  while (true) {
    fill_with_entropy(bytes);
    for (const unsigned char byte : bytes) {
      if (id.size() == prefix.size() + kRandomIdLength) return id;
      if (byte < kAccepted) id.push_back(kBase62[byte % kBase62.size()]);
    }
  }
}

}  // namespace diptych
