#pragma once
// Natural numbers of any size, as far as bounds and multiples of JSON numbers need them.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::grammar {

class Natural {
 public:
  Natural() = default;
  explicit Natural(std::uint64_t value);
  static Natural of_digits(std::string_view digits, std::size_t zeros = 0);  // digits·10^zeros

  bool is_zero() const { return limbs_.empty(); }
  std::string digits() const;       // "" for 0
  std::uint64_t saturated() const;  // 2^64 − 1 when it is more

  friend Natural operator+(const Natural& a, const Natural& b);
  friend Natural operator-(const Natural& a, const Natural& b);  // a ≥ b
  friend Natural operator*(const Natural& a, const Natural& b);
  struct Division;
  Division divided_by(const Natural& divisor) const;  // divisor > 0
  friend std::strong_ordering operator<=>(const Natural& a, const Natural& b);
  friend bool operator==(const Natural&, const Natural&) = default;

 private:
  static std::uint64_t estimate(const Natural& rest, const Natural& divisor);
  void trim();
  std::vector<std::uint32_t> limbs_;  // base 10^9, least significant first, no zeros at the end
};

struct Natural::Division {
  Natural quotient, rest;
};

Natural greatest_common_divisor(Natural a, Natural b);

}  // namespace diptych::grammar
