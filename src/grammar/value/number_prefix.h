#pragma once
// The beginning of a JSON number: its grammar, and what its digits say so far.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>

#include "grammar/schema/decimal.h"

namespace diptych::grammar {

inline constexpr int kExponentMax = 400;
using ExponentSet = std::bitset<2 * kExponentMax + 1>;  // bit e + kExponentMax

struct NumberPrefix {
  enum class Phase : std::uint8_t {
    kStart,
    kMinus,
    kZero,   // the whole part is 0
    kWhole,  // digits of a whole part that is not 0
    kPoint,
    kFraction,
    kExponent,  // after e
    kExponentSign,
    kExponentDigits,
  };

  Phase phase = Phase::kStart;
  bool negative = false;
  bool exponent_negative = false;
  std::string digits;           // of the whole part, then of the fraction
  std::size_t whole_count = 0;  // of them, before the point
  int exponent = 0;             // its digits so far, without sign
  int exponent_count = 0;       // how many those are, leading zeros included
  ExponentSet exponents;        // from kExponent on: which make it a number of the set

  bool has_value() const;  // the text so far is a number
  bool is_before_digits() const { return phase <= Phase::kMinus; }
  bool is_mantissa() const { return phase >= Phase::kZero && phase <= Phase::kFraction; }
  std::size_t places() const { return digits.size() - whole_count; }  // after the point
  Decimal mantissa() const;
  Decimal value() const;
};

// The prefix with one more byte; nullopt: no JSON number begins so. Leaves `exponents` to others.
std::optional<NumberPrefix> advance(const NumberPrefix& from, std::uint8_t byte);
// Whether some exponent of the set begins with the digits so far.
bool exponent_goes_on(const NumberPrefix& prefix);

}  // namespace diptych::grammar
