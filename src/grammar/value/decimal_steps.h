#pragma once
// Arithmetic on decimals that are not negative: the grid of multiples of a step.

#include <optional>
#include <vector>

#include "grammar/schema/decimal.h"
#include "grammar/value/natural.h"

namespace diptych::grammar {

Decimal to_decimal(const Natural& value, std::int64_t exponent);
Natural scaled(const Decimal& value,
               std::int64_t exponent);            // |value|·10^−exponent; exponent ≤ its
Decimal sum(const Decimal& a, const Decimal& b);  // both ≥ 0
Decimal times_power_of_ten(Decimal value, std::int64_t power);
Decimal absolute(Decimal value);
std::int64_t magnitude_of(const Decimal& value);  // the least m with |value| < 10^m; 0 of zero

// The least common multiple; nullopt of an empty list.
std::optional<Decimal> common_step(const std::vector<Decimal>& steps);
Natural steps_up_to(const Decimal& value, const Decimal& step);  // floor(value / step)
Decimal step_number(const Natural& index, const Decimal& step);  // index·step
// step / greatest common divisor: every that many multiples of `base` is one of `other`.
Natural period(const Decimal& base, const Decimal& other);

}  // namespace diptych::grammar
