#pragma once
// UTF-8 one byte at a time, strict: no overlong forms, no surrogates, nothing above U+10FFFF.

#include <cstdint>

namespace diptych::grammar {

// kBoundary: between characters. kOne … kThree: that many continuation bytes are due; the others
// restrict the first of them. kBroken: no valid text has these bytes.
enum class Utf8Phase : std::uint8_t {
  kBoundary,
  kOne,
  kTwo,
  kThree,
  kAfterE0,
  kAfterED,
  kAfterF0,
  kAfterF4,
  kBroken
};

constexpr Utf8Phase utf8_lead(std::uint8_t byte) {
  using enum Utf8Phase;
  if (byte < 0x80) return kBoundary;
  if (byte >= 0xC2 && byte <= 0xDF) return kOne;
  if (byte == 0xE0) return kAfterE0;
  if (byte == 0xED) return kAfterED;
  if (byte >= 0xE1 && byte <= 0xEF) return kTwo;
  if (byte == 0xF0) return kAfterF0;
  if (byte >= 0xF1 && byte <= 0xF3) return kThree;
  if (byte == 0xF4) return kAfterF4;
  return kBroken;
}

constexpr Utf8Phase next_utf8_phase(Utf8Phase phase, std::uint8_t byte) {
  using enum Utf8Phase;
  const auto within = [byte](std::uint8_t low, std::uint8_t high, Utf8Phase then) {
    return byte >= low && byte <= high ? then : kBroken;
  };
  switch (phase) {
    case kBoundary:
      return utf8_lead(byte);
    case kOne:
      return within(0x80, 0xBF, kBoundary);
    case kTwo:
      return within(0x80, 0xBF, kOne);
    case kThree:
      return within(0x80, 0xBF, kTwo);
    case kAfterE0:
      return within(0xA0, 0xBF, kOne);
    case kAfterED:
      return within(0x80, 0x9F, kOne);
    case kAfterF0:
      return within(0x90, 0xBF, kTwo);
    case kAfterF4:
      return within(0x80, 0x8F, kTwo);
    case kBroken:
      return kBroken;
  }
  return kBroken;
}

}  // namespace diptych::grammar
