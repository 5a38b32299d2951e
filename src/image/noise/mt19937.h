#pragma once
// The 32-bit Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as torch's CPU
// generator does: Knuth's recurrence on the low 32 bits of the seed.

#include <array>
#include <cstddef>
#include <cstdint>

namespace diptych {

class Mt19937 {
 public:
  explicit Mt19937(std::uint64_t seed);

  std::uint32_t next32();
  std::uint64_t next64();  // the first word drawn is the high one

 private:
  static constexpr std::size_t kWords = 624;

  void refill();

  std::array<std::uint32_t, kWords> state_;
  std::size_t used_ = kWords;
};

}  // namespace diptych
