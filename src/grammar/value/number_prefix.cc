#include "grammar/value/number_prefix.h"

#include "grammar/value/decimal_steps.h"

namespace diptych::grammar {
namespace {

using Phase = NumberPrefix::Phase;

constexpr int kExponentDigitsMax = 4;  // 400, and a leading zero

bool is_digit(std::uint8_t byte) { return byte >= '0' && byte <= '9'; }

std::optional<NumberPrefix> with_digit(NumberPrefix prefix, std::uint8_t digit) {
  switch (prefix.phase) {
    case Phase::kStart:
    case Phase::kMinus:
      prefix.phase = digit == '0' ? Phase::kZero : Phase::kWhole;
      prefix.whole_count = 1;
      break;
    case Phase::kZero:
      return std::nullopt;  // no leading zeros
    case Phase::kWhole:
      ++prefix.whole_count;
      break;
    case Phase::kPoint:
    case Phase::kFraction:
      prefix.phase = Phase::kFraction;
      break;
    default:
      if (prefix.exponent_count == kExponentDigitsMax) return std::nullopt;
      prefix.phase = Phase::kExponentDigits;
      prefix.exponent = prefix.exponent * 10 + (digit - '0');
      ++prefix.exponent_count;
      return prefix;
  }
  prefix.digits += static_cast<char>(digit);
  return prefix;
}

}  // namespace

bool NumberPrefix::has_value() const {
  return phase == Phase::kZero || phase == Phase::kWhole || phase == Phase::kFraction ||
         phase == Phase::kExponentDigits;
}

Decimal NumberPrefix::mantissa() const {
  return to_decimal(Natural::of_digits(digits), -static_cast<std::int64_t>(places()));
}

Decimal NumberPrefix::value() const {
  Decimal value = mantissa();
  value = times_power_of_ten(std::move(value), exponent_negative ? -exponent : exponent);
  value.negative = negative && !value.is_zero();
  return value;
}

std::optional<NumberPrefix> advance(const NumberPrefix& from, std::uint8_t byte) {
  if (is_digit(byte)) return with_digit(from, byte);
  NumberPrefix to = from;
  const bool after_whole = from.phase == Phase::kZero || from.phase == Phase::kWhole;
  switch (byte) {
    case '-':
    case '+':
      if (from.phase == Phase::kStart && byte == '-') {
        to.phase = Phase::kMinus;
        to.negative = true;
        return to;
      }
      if (from.phase != Phase::kExponent) return std::nullopt;
      to.phase = Phase::kExponentSign;
      to.exponent_negative = byte == '-';
      return to;
    case '.':
      if (!after_whole) return std::nullopt;
      to.phase = Phase::kPoint;
      return to;
    case 'e':
    case 'E':
      if (!after_whole && from.phase != Phase::kFraction) return std::nullopt;
      to.phase = Phase::kExponent;
      return to;
    default:
      return std::nullopt;
  }
}

bool exponent_goes_on(const NumberPrefix& prefix) {
  const auto is_in = [&](int exponent, bool negative) {
    return exponent <= kExponentMax && prefix.exponents[static_cast<std::size_t>(
                                           (negative ? -exponent : exponent) + kExponentMax)];
  };
  if (prefix.phase == Phase::kExponent) return prefix.exponents.any();
  if (prefix.exponent_count > 0 && is_in(prefix.exponent, prefix.exponent_negative)) return true;
  int first = prefix.exponent, last = prefix.exponent;
  for (int count = prefix.exponent_count; count < kExponentDigitsMax; ++count) {
    first *= 10;
    last = last * 10 + 9;
    for (int exponent = first; exponent <= std::min(last, kExponentMax); ++exponent) {
      if (is_in(exponent, prefix.exponent_negative)) return true;
    }
  }
  return false;
}

}  // namespace diptych::grammar
