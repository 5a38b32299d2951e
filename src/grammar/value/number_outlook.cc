#include "grammar/value/number_outlook.h"

#include <algorithm>
#include <utility>

namespace diptych::grammar {
namespace {

using Phase = NumberPrefix::Phase;

constexpr std::size_t kDigitsMax = 400;
// With fewer digits left than this, what can still be written is counted exactly.
constexpr std::int64_t kDigitsNearEnd = 40;

const Decimal kOne{.digits = "1"};

std::int64_t places_of(const NumberPrefix& prefix) {
  return static_cast<std::int64_t>(prefix.places());
}

}  // namespace

NumberOutlook::NumberOutlook(const NumberSet& set, Numbers spelling)
    : set_(set),
      complete_(spelling == Numbers::kComplete),
      positive_(set, false),
      negative_(set, true),
      positive_points_(positive_.turning_points()),
      negative_points_(negative_.turning_points()) {
  std::int64_t size = 0;
  const auto measure = [&](const Decimal& value) {
    const std::int64_t whole = std::max<std::int64_t>(magnitude_of(value), 1);
    magnitude_max_ = std::max(magnitude_max_, whole);
    size = std::max(size, whole + std::max<std::int64_t>(-value.exponent, 0));
  };
  std::ranges::for_each(positive_points_, measure);
  std::ranges::for_each(negative_points_, measure);
  if (positive_.step()) measure(*positive_.step());
  for (const Decimal& step : set.multiples) divisors_.push_back(divisor_of(step));
  for (const Decimal& step : set.not_multiples) avoided_.push_back(divisor_of(step));
  if (set.integer) divisors_.push_back(divisor_of(kOne));
  if (set.not_integer) avoided_.push_back(divisor_of(kOne));
  digits_max_ = kDigitsMax + static_cast<std::size_t>(size);
}

NumberOutlook::Divisor NumberOutlook::divisor_of(const Decimal& step) {
  Divisor divisor{.step = step, .exponent = step.exponent};
  const auto zeros = std::clamp<std::int64_t>(step.exponent, 0, 10'000);
  divisor.modulus = Natural::of_digits(step.digits, static_cast<std::size_t>(zeros));
  divisor.cofactor = Natural::of_digits(step.digits);
  const auto take_out = [&](std::uint64_t factor, std::int64_t& count) {
    for (;; ++count) {
      auto [quotient, rest] = divisor.cofactor.divided_by(Natural(factor));
      if (!rest.is_zero()) return;
      divisor.cofactor = std::move(quotient);
    }
  };
  take_out(2, divisor.twos);
  take_out(5, divisor.fives);
  return divisor;
}

std::optional<std::int64_t> NumberOutlook::least_power(const Divisor& divisor,
                                                       const Natural& value) {
  if (!value.divided_by(divisor.cofactor).rest.is_zero()) return std::nullopt;
  const auto count = [&](std::uint64_t factor) {
    std::int64_t times = 0;
    for (Natural left = value;; ++times) {
      auto [quotient, rest] = left.divided_by(Natural(factor));
      if (!rest.is_zero()) return times;
      left = std::move(quotient);
    }
  };
  return std::max(divisor.twos - count(2), divisor.fives - count(5)) + divisor.exponent;
}

std::size_t NumberOutlook::digits_left(const NumberPrefix& prefix) const {
  return prefix.digits.size() < digits_max_ ? digits_max_ - prefix.digits.size() : 0;
}

bool NumberOutlook::is_zero_so_far(const NumberPrefix& prefix) const {
  return prefix.digits.find_first_not_of('0') == std::string::npos;
}

bool NumberOutlook::goes_on(const NumberPrefix& prefix) const {
  const bool negative_zero = complete_ && prefix.negative && positive_.contains({});
  switch (prefix.phase) {
    case Phase::kStart:
      return positive_.meets({}, std::nullopt) || negative_.meets({}, std::nullopt);
    case Phase::kMinus:
      return negative_zero || negative_.meets({}, std::nullopt);
    case Phase::kExponent:
    case Phase::kExponentSign:
    case Phase::kExponentDigits:
      return complete_ && exponent_goes_on(prefix);
    default:
      break;
  }
  if (prefix.phase == Phase::kPoint && digits_left(prefix) == 0) return false;
  if (negative_zero && is_zero_so_far(prefix)) return true;
  return plain_goes_on(prefix) || (complete_ && goes_on_with_exponents(prefix));
}

bool NumberOutlook::may_end(const NumberPrefix& prefix) const {
  if (!prefix.has_value()) return false;
  if (prefix.negative && is_zero_so_far(prefix) && !complete_) return false;
  if (prefix.phase == Phase::kExponentDigits) {
    const int exponent = prefix.exponent_negative ? -prefix.exponent : prefix.exponent;
    return prefix.exponent <= kExponentMax &&
           prefix.exponents[static_cast<std::size_t>(exponent + kExponentMax)];
  }
  return contains(set_, prefix.value());
}

bool NumberOutlook::plain_goes_on(const NumberPrefix& prefix) const {
  const auto left = static_cast<std::int64_t>(digits_left(prefix));
  if (prefix.phase != Phase::kWhole) {
    return meets_after(prefix, {.left = left, .places = left + places_of(prefix)});
  }
  const auto whole = static_cast<std::int64_t>(prefix.whole_count);
  const std::int64_t more_max = power_max(whole);
  for (std::int64_t more = 0; more <= std::min(left, more_max); ++more) {
    if (meets_after(prefix, {.power = more, .left = left - more, .places = left - more})) {
      return true;
    }
  }
  return false;
}

// With this power of ten digits of the magnitude are beyond all turning points, and so many steps
// lie between them and the next that some is not left out.
std::int64_t NumberOutlook::power_max(std::int64_t magnitude) const {
  constexpr std::int64_t kRoom = 3;
  const auto left_out = static_cast<std::int64_t>(std::to_string(set_.except.size()).size());
  const std::int64_t step = positive_.step() ? magnitude_of(*positive_.step()) : 0;
  return std::max<std::int64_t>({magnitude_max_ - magnitude, step, 0}) + kRoom + left_out;
}

// Whether a number of the set begins with the mantissa so far, times a power of ten.
bool NumberOutlook::meets_after(const NumberPrefix& prefix, const Outlook& outlook) const {
  const Natural digits = Natural::of_digits(prefix.digits);
  const std::int64_t exponent = outlook.power - places_of(prefix);
  MagnitudeRange range{.low = to_decimal(digits, exponent),
                       .high = to_decimal(digits + Natural(1), exponent),
                       .high_open = true};
  if (outlook.left == 0) {
    range.high = range.low;
    range.high_open = false;
  }
  // A plain spelling has a point only for what needs one.
  if (prefix.phase == Phase::kPoint && !complete_) range.low_open = true;
  std::optional<std::int64_t> places_max;
  if (outlook.left < kDigitsNearEnd) places_max = outlook.places;
  return side(prefix).meets(range, places_max);
}

// From the largest power down to where nothing but zero could be met.
bool NumberOutlook::goes_on_with_exponents(const NumberPrefix& prefix) const {
  const auto left = static_cast<std::int64_t>(digits_left(prefix));
  const std::int64_t places = places_of(prefix);
  const Decimal end = to_decimal(Natural::of_digits(prefix.digits) + Natural(1), -places);
  const NumberSide& of = side(prefix);
  std::int64_t least = of.range().low.is_zero() ? -kExponentMax : magnitude_of(of.range().low);
  if (of.step()) least = std::max(least, magnitude_of(*of.step()));
  const std::int64_t top = std::min<std::int64_t>(kExponentMax, power_max(magnitude_of(end)));
  for (std::int64_t power = top; power >= -kExponentMax; --power) {
    if (magnitude_of(end) + power < least) return false;
    if (meets_after(prefix, {.power = power, .left = left, .places = places + left - power})) {
      return true;
    }
  }
  return false;
}

}  // namespace diptych::grammar
