#pragma once
// Whether the beginning of a number can become one of the set, and what of it still matters.

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/policy.h"
#include "grammar/value/number_prefix.h"
#include "grammar/value/number_side.h"

namespace diptych::grammar {

class NumberOutlook {
 public:
  NumberOutlook(const NumberSet& set, Numbers spelling);

  // To some number of the set. The prefix has its `exponents` where they matter.
  bool goes_on(const NumberPrefix& prefix) const;
  bool may_end(const NumberPrefix& prefix) const;
  // Which exponents after the mantissa make it a number of the set.
  ExponentSet exponents_of(const NumberPrefix& prefix) const;
  // Equal answers, with equal digits_left: the prefixes go on and end alike. Says nothing of the
  // table it is kept in.
  std::string signature(const NumberPrefix& prefix) const;
  bool is_too_long(const NumberPrefix& prefix) const { return prefix.digits.size() > digits_max_; }
  std::size_t digits_left(const NumberPrefix& prefix) const;  // until digits_max

 private:
  struct Divisor {  // a step m·10^exponent
    Decimal step;
    Natural modulus;   // m·10^max(exponent, 0)
    Natural cofactor;  // m without its factors 2 and 5
    std::int64_t twos = 0, fives = 0, exponent = 0;
  };
  static Divisor divisor_of(const Decimal& step);
  // The least power of ten p with value·10^p a multiple; nullopt: none is.
  static std::optional<std::int64_t> least_power(const Divisor& divisor, const Natural& value);

  const NumberSide& side(const NumberPrefix& prefix) const {
    return prefix.negative ? negative_ : positive_;
  }
  const std::vector<Decimal>& turning_points(const NumberPrefix& prefix) const {
    return prefix.negative ? negative_points_ : positive_points_;
  }
  bool plain_goes_on(const NumberPrefix& prefix) const;
  bool goes_on_with_exponents(const NumberPrefix& prefix) const;
  std::int64_t power_max(std::int64_t magnitude) const;
  struct Outlook {
    std::int64_t power = 0;   // of ten, that the digits so far are worth
    std::int64_t left = 0;    // digits that may follow
    std::int64_t places = 0;  // after the point, that the number may have then
  };
  bool meets_after(const NumberPrefix& prefix, const Outlook& outlook) const;
  bool is_zero_so_far(const NumberPrefix& prefix) const;
  void restrict_to_bounds(const Decimal& mantissa, const NumberSide& of, ExponentSet& set) const;
  void restrict_to_steps(const NumberPrefix& prefix, ExponentSet& set) const;
  void restrict_to_lists(const NumberPrefix& prefix, ExponentSet& set) const;
  void sign_plain(const NumberPrefix& prefix, std::string& text) const;
  void sign_complete(const NumberPrefix& prefix, std::string& text) const;

  const NumberSet& set_;
  bool complete_;
  NumberSide positive_, negative_;
  std::vector<Decimal> positive_points_, negative_points_;
  std::vector<Divisor> divisors_, avoided_;  // multiples; non-multiples
  std::size_t digits_max_ = 0;
  std::int64_t magnitude_max_ = 0;  // of turning points and steps: 10^it is beyond all of them
};

}  // namespace diptych::grammar
