#include "grammar/value/decimal_steps.h"

#include <algorithm>
#include <utility>

namespace diptych::grammar {

Decimal to_decimal(const Natural& value, std::int64_t exponent) {
  std::string digits = value.digits();
  const std::size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) return {};
  exponent += static_cast<std::int64_t>(digits.size() - 1 - last);
  digits.resize(last + 1);
  return {.digits = std::move(digits), .exponent = exponent};
}

Natural scaled(const Decimal& value, std::int64_t exponent) {
  if (value.is_zero()) return {};
  return Natural::of_digits(value.digits, static_cast<std::size_t>(value.exponent - exponent));
}

Decimal sum(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  const std::int64_t exponent = std::min(a.exponent, b.exponent);
  return to_decimal(scaled(a, exponent) + scaled(b, exponent), exponent);
}

Decimal times_power_of_ten(Decimal value, std::int64_t power) {
  if (!value.is_zero()) value.exponent += power;
  return value;
}

Decimal absolute(Decimal value) {
  value.negative = false;
  return value;
}

std::int64_t magnitude_of(const Decimal& value) {
  return static_cast<std::int64_t>(value.digits.size()) + value.exponent;
}

std::optional<Decimal> common_step(const std::vector<Decimal>& steps) {
  std::optional<Decimal> common;
  for (const Decimal& step : steps) {
    if (!common) {
      common = step;
      continue;
    }
    const std::int64_t exponent = std::min(common->exponent, step.exponent);
    const Natural a = scaled(*common, exponent), b = scaled(step, exponent);
    common = to_decimal(a.divided_by(greatest_common_divisor(a, b)).quotient * b, exponent);
  }
  return common;
}

Natural steps_up_to(const Decimal& value, const Decimal& step) {
  if (value.is_zero()) return {};
  const std::int64_t exponent = std::min(value.exponent, step.exponent);
  return scaled(value, exponent).divided_by(scaled(step, exponent)).quotient;
}

Decimal step_number(const Natural& index, const Decimal& step) {
  return to_decimal(index * Natural::of_digits(step.digits), step.exponent);
}

Natural period(const Decimal& base, const Decimal& other) {
  const std::int64_t exponent = std::min(base.exponent, other.exponent);
  const Natural a = scaled(base, exponent), b = scaled(other, exponent);
  return b.divided_by(greatest_common_divisor(a, b)).quotient;
}

}  // namespace diptych::grammar
