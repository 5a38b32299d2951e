#pragma once
// A running 64-bit hash of values, the same in every process: keys of masks that grammars share.

#include <cstdint>

namespace diptych::grammar {

class ContentHash {
 public:
  explicit ContentHash(std::uint64_t seed = 0x9E37'79B9'7F4A'7C15) : value_(seed) {}
  void add(std::uint64_t word) {  // the finaliser of MurmurHash3 over a running sum
    value_ = (value_ ^ word) + 0x9E37'79B9'7F4A'7C15;
    value_ ^= value_ >> 33U;
    value_ *= 0xFF51'AFD7'ED55'8CCD;
    value_ ^= value_ >> 33U;
    value_ *= 0xC4CE'B9FE'1A85'EC53;
    value_ ^= value_ >> 33U;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

}  // namespace diptych::grammar
