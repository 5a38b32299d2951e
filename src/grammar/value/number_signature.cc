// What of a prefix still matters, as text: where it stands among the turning points, what it leaves
// modulo the steps.

#include <algorithm>

#include "grammar/value/number_outlook.h"

namespace diptych::grammar {
namespace {

using Phase = NumberPrefix::Phase;

void append_number(std::string& text, std::int64_t number) {
  text += std::to_string(number);
  text += ',';
}

// Signs in a row as counts: thousands of turning points are mostly on one side.
class Relations {
 public:
  void add(char relation) {
    has_equal_ = has_equal_ || relation == '=';
    if (relation != last_) flush();
    last_ = relation;
    ++count_;
  }
  std::string text() {
    flush();
    return std::move(text_);
  }
  bool has_equal() const { return has_equal_; }

 private:
  void flush() {
    if (count_ > 0) text_ += last_ + std::to_string(count_);
    count_ = 0;
  }
  std::string text_;
  char last_ = 0;
  int count_ = 0;
  bool has_equal_ = false;
};

char relation(std::string_view digits, std::string_view other, std::int64_t leading_zeros) {
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i) - leading_zeros;
    const bool inside = at >= 0 && at < static_cast<std::int64_t>(other.size());
    const char digit = inside ? other[static_cast<std::size_t>(at)] : '0';
    if (digits[i] != digit) return digits[i] < digit ? '<' : '>';
  }
  return '=';
}

// How the numbers that go on from the prefix without exponents lie to the point: '=' undecided.
char plain_relation(const NumberPrefix& prefix, const Decimal& point) {
  const std::int64_t point_whole = std::max<std::int64_t>(magnitude_of(point), 0);
  const bool is_zero = prefix.digits[0] == '0';
  const auto whole = is_zero ? 0 : static_cast<std::int64_t>(prefix.whole_count);
  if (whole > point_whole) return '>';
  if (whole < point_whole && prefix.phase != Phase::kWhole) return '<';
  const std::string_view digits = std::string_view(prefix.digits).substr(is_zero ? 1 : 0);
  return relation(digits, point.digits, point_whole > 0 ? 0 : -magnitude_of(point));
}

}  // namespace

std::string NumberOutlook::signature(const NumberPrefix& prefix) const {
  std::string text;
  text += static_cast<char>('a' + static_cast<int>(prefix.phase));
  text += prefix.negative ? '-' : '+';
  if (prefix.is_before_digits()) return text;
  if (prefix.is_mantissa()) {
    if (complete_) {
      sign_complete(prefix, text);
    } else {
      sign_plain(prefix, text);
    }
    return text;
  }
  append_number(text, prefix.exponent_negative ? 1 : 0);
  append_number(text, prefix.exponent_count == 0 ? -1 : prefix.exponent);
  append_number(text, prefix.exponent_count);
  for (std::size_t bit = 0; bit < prefix.exponents.size(); ++bit) {  // where runs begin and end
    if (prefix.exponents[bit] != (bit > 0 && prefix.exponents[bit - 1])) {
      append_number(text, static_cast<std::int64_t>(bit));
    }
  }
  return text;
}

void NumberOutlook::sign_plain(const NumberPrefix& prefix, std::string& text) const {
  Relations relations;
  for (const Decimal& point : turning_points(prefix)) {
    relations.add(plain_relation(prefix, point));
  }
  const auto places = static_cast<std::int64_t>(prefix.places());
  text += relations.text();
  if (prefix.phase == Phase::kWhole) {
    append_number(text, std::min<std::int64_t>(static_cast<std::int64_t>(prefix.whole_count),
                                               magnitude_max_ + 1));
  }
  std::int64_t places_known = relations.has_equal() ? places : 0;
  text += is_zero_so_far(prefix) ? 'z' : 'n';
  const auto sign_divisor = [&](const Divisor& divisor) {
    const std::int64_t counted = std::max<std::int64_t>(-divisor.exponent, 0);
    const auto kept =
        prefix.whole_count + static_cast<std::size_t>(std::min<std::int64_t>(counted, places));
    const std::string_view digits = prefix.digits;
    text += Natural::of_digits(digits.substr(0, kept)).divided_by(divisor.modulus).rest.digits();
    const bool beyond =
        digits.size() > kept && digits.find_first_not_of('0', kept) != std::string::npos;
    text += beyond ? '!' : ';';
    places_known = std::max(places_known, std::min(places, counted + 1));
  };
  std::ranges::for_each(divisors_, sign_divisor);
  std::ranges::for_each(avoided_, sign_divisor);
  append_number(text, places_known);
}

void NumberOutlook::sign_complete(const NumberPrefix& prefix, std::string& text) const {
  const std::vector<Decimal>& points = turning_points(prefix);
  const std::size_t zeros = std::min(prefix.digits.find_first_not_of('0'), prefix.digits.size());
  const std::string_view digits = std::string_view(prefix.digits).substr(zeros);
  Relations relations;
  for (const Decimal& point : points) relations.add(relation(digits, point.digits, 0));
  const bool has_divisors = !divisors_.empty() || !avoided_.empty();
  text += relations.text();
  text += digits.empty() ? 'z' : 'n';
  if (!points.empty() || has_divisors) {  // the magnitude, which exponents shift
    append_number(text,
                  static_cast<std::int64_t>(prefix.whole_count) - static_cast<std::int64_t>(zeros));
  }
  if (relations.has_equal() || has_divisors) {
    append_number(text, static_cast<std::int64_t>(digits.size()));
  }
  const Natural value = Natural::of_digits(digits);
  const auto sign_divisor = [&](const Divisor& divisor) {
    const Natural m = Natural::of_digits(divisor.step.digits);
    text += value.divided_by(m).rest.digits();
    const auto power = value.is_zero() ? std::nullopt : least_power(divisor, value);
    text += power ? std::to_string(*power) + ";" : ";";
  };
  std::ranges::for_each(divisors_, sign_divisor);
  std::ranges::for_each(avoided_, sign_divisor);
}

}  // namespace diptych::grammar
