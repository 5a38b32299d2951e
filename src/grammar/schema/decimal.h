#pragma once
// Exact decimal numbers of JSON: never through a double. value = (negative ? −1 : 1) · digits ·
// 10^exponent.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace diptych::grammar {

struct Decimal {  // normal form: no leading or trailing zeros in digits; zero is "" with exponent
                  // 0, not negative
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  bool is_zero() const { return digits.empty(); }
  bool is_integer() const { return exponent >= 0; }
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

std::optional<Decimal> parse_decimal(
    std::string_view json_number);            // nullopt: no JSON number, or |exponent| > 10^6
std::string to_string(const Decimal& value);  // a JSON number, plain where short
std::strong_ordering compare(const Decimal& a, const Decimal& b);
bool is_multiple(const Decimal& value, const Decimal& of);  // of > 0

}  // namespace diptych::grammar
