// Which exponents make a given mantissa a number of the set: bounds give an interval, each step a
// least exponent, listed values single ones.

#include <algorithm>

#include "grammar/value/number_outlook.h"

namespace diptych::grammar {
namespace {

std::size_t bit_of(std::int64_t exponent) {
  return static_cast<std::size_t>(exponent + kExponentMax);
}

void keep_only(ExponentSet& set, std::int64_t first, std::int64_t last) {
  for (std::int64_t exponent = -kExponentMax; exponent <= kExponentMax; ++exponent) {
    if (exponent < first || exponent > last) set.reset(bit_of(exponent));
  }
}

// The least exponent e with mantissa·10^e at or above the bound (strictly above: open).
std::int64_t least_exponent(const Decimal& mantissa, const Decimal& bound, bool open) {
  const std::int64_t exponent = magnitude_of(bound) - magnitude_of(mantissa);
  const auto order = compare(times_power_of_ten(mantissa, exponent), bound);
  return order > 0 || (order == 0 && !open) ? exponent : exponent + 1;
}

}  // namespace

ExponentSet NumberOutlook::exponents_of(const NumberPrefix& prefix) const {
  ExponentSet set;
  set.set();
  const Decimal mantissa = prefix.mantissa();
  if (mantissa.is_zero()) return positive_.contains(mantissa) ? set : ExponentSet();
  restrict_to_bounds(mantissa, side(prefix), set);
  restrict_to_steps(prefix, set);
  restrict_to_lists(prefix, set);
  return set;
}

void NumberOutlook::restrict_to_bounds(const Decimal& mantissa, const NumberSide& of,
                                       ExponentSet& set) const {
  const MagnitudeRange& range = of.range();
  if (range.is_empty()) {
    set.reset();
    return;
  }
  std::int64_t first = -kExponentMax, last = kExponentMax;
  if (!range.low.is_zero()) first = least_exponent(mantissa, range.low, range.low_open);
  if (range.high && range.high->is_zero()) {
    last = first - 1;
  } else if (range.high) {
    last = least_exponent(mantissa, *range.high, !range.high_open) - 1;
  }
  keep_only(set, first, last);
}

void NumberOutlook::restrict_to_steps(const NumberPrefix& prefix, ExponentSet& set) const {
  const Natural value = Natural::of_digits(prefix.digits);
  const auto places = static_cast<std::int64_t>(prefix.places());
  for (const Divisor& divisor : divisors_) {
    const auto power = least_power(divisor, value);
    if (!power) {
      set.reset();
      return;
    }
    keep_only(set, *power + places, kExponentMax);
  }
  for (const Divisor& divisor : avoided_) {
    const auto power = least_power(divisor, value);
    if (power) keep_only(set, -kExponentMax, *power + places - 1);
  }
}

void NumberOutlook::restrict_to_lists(const NumberPrefix& prefix, ExponentSet& set) const {
  const Decimal mantissa = prefix.mantissa();
  const auto each_met = [&](const std::vector<Decimal>& list, auto&& use) {
    for (const Decimal& value : list) {
      if (value.negative != prefix.negative || value.digits != mantissa.digits) continue;
      const std::int64_t exponent = value.exponent - mantissa.exponent;
      if (exponent >= -kExponentMax && exponent <= kExponentMax) use(bit_of(exponent));
    }
  };
  each_met(set_.except, [&](std::size_t bit) { set.reset(bit); });
  if (!set_.among) return;
  ExponentSet listed;
  each_met(*set_.among, [&](std::size_t bit) { listed.set(bit); });
  set &= listed;
}

}  // namespace diptych::grammar
