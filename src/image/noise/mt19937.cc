#include "image/noise/mt19937.h"

namespace diptych {
namespace {

constexpr std::size_t kMiddle = 397;
constexpr std::uint32_t kMatrix = 0x9908B0DF;
constexpr std::uint32_t kUpper = 0x80000000;
constexpr std::uint32_t kLower = 0x7FFFFFFF;
constexpr std::uint32_t kSeedMultiplier = 1812433253;

}  // namespace

Mt19937::Mt19937(std::uint64_t seed) {
  state_[0] = static_cast<std::uint32_t>(seed);
  for (std::uint32_t i = 1; i < kWords; ++i) {
    const std::uint32_t previous = state_[i - 1];
    state_[i] = kSeedMultiplier * (previous ^ previous >> 30) + i;
  }
}

void Mt19937::refill() {
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint32_t joined = (state_[i] & kUpper) | (state_[(i + 1) % kWords] & kLower);
    const std::uint32_t twisted = joined >> 1 ^ (joined & 1 ? kMatrix : 0);
    state_[i] = state_[(i + kMiddle) % kWords] ^ twisted;
  }
  used_ = 0;
}

std::uint32_t Mt19937::next32() {
  if (used_ == kWords) refill();
  std::uint32_t word = state_[used_++];
  word ^= word >> 11;
  word ^= word << 7 & 0x9D2C5680;
  word ^= word << 15 & 0xEFC60000;
  return word ^ word >> 18;
}

std::uint64_t Mt19937::next64() {
  const std::uint64_t high = next32();
  return high << 32 | next32();
}

}  // namespace diptych
