#include "grammar/schema/decimal.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace diptych::grammar {
namespace {

constexpr std::int64_t kExponentMax = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The runs of a JSON number, as written.
struct Spelling {
  bool negative = false;
  std::string_view whole, fraction;
  std::int64_t exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const std::string_view digits = take_digits(text);
  std::int64_t value = 0;
  if (digits.empty()) return std::nullopt;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // Past int64 the caller's limit refuses it, too; a zero mantissa makes no exception.
  if (read.ec != std::errc()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<Spelling> read_spelling(std::string_view text) {
  Spelling spelling;
  spelling.negative = take(text, '-');
  spelling.whole = take_digits(text);
  if (spelling.whole.empty()) return std::nullopt;
  if (spelling.whole.size() > 1 && spelling.whole.front() == '0') return std::nullopt;
  if (take(text, '.')) {
    spelling.fraction = take_digits(text);
    if (spelling.fraction.empty()) return std::nullopt;
  }
  if (take(text, 'e') || take(text, 'E')) {
    const auto exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    spelling.exponent = *exponent;
  }
  if (!text.empty()) return std::nullopt;
  return spelling;
}

// Where the leading digit stands: 10^magnitude > |value| ≥ 10^(magnitude − 1).
std::int64_t magnitude(const Decimal& value) {
  return static_cast<std::int64_t>(value.digits.size()) + value.exponent;
}

std::strong_ordering compare_absolute(const Decimal& a, const Decimal& b) {
  if (const auto order = magnitude(a) <=> magnitude(b); order != 0) return order;
  return a.digits <=> b.digits;  // no trailing zeros: the longer of two equal starts is greater
}

// Natural numbers in base 10^9, least significant limb first.
using Limbs = std::vector<std::uint32_t>;
constexpr std::uint32_t kBase = 1'000'000'000;

Limbs to_limbs(std::string_view digits) {
  Limbs limbs;
  for (std::size_t end = digits.size(); end > 0; end -= std::min<std::size_t>(end, 9)) {
    const std::size_t begin = end - std::min<std::size_t>(end, 9);
    std::uint32_t limb = 0;
    std::from_chars(digits.data() + begin, digits.data() + end, limb);
    limbs.push_back(limb);
  }
  return limbs;
}

void trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

bool less(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

void subtract(Limbs& a, const Limbs& b) {  // a ≥ b
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t limb = std::int64_t{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
    borrow = limb < 0 ? 1 : 0;
    if (limb < 0) limb += kBase;
    a[i] = static_cast<std::uint32_t>(limb);
  }
  trim(a);
}

void append_digit(Limbs& a, std::uint32_t digit) {  // a = 10·a + digit
  std::uint64_t carry = digit;
  for (std::uint32_t& limb : a) {
    const std::uint64_t wide = std::uint64_t{limb} * 10 + carry;
    limb = static_cast<std::uint32_t>(wide % kBase);
    carry = wide / kBase;
  }
  if (carry != 0) a.push_back(static_cast<std::uint32_t>(carry));
}

bool divides_small(std::string_view digits, std::size_t zeros, std::uint64_t divisor) {
  std::uint64_t rest = 0;
  for (const char digit : digits) {
    rest = (rest * 10 + static_cast<std::uint64_t>(digit - '0')) % divisor;
  }
  for (std::size_t i = 0; i < zeros && rest != 0; ++i) rest = rest * 10 % divisor;
  return rest == 0;
}

bool divides_large(std::string_view digits, std::size_t zeros, const Limbs& divisor) {
  Limbs rest;
  for (std::size_t i = 0; i < digits.size() + zeros; ++i) {
    if (i >= digits.size() && rest.empty()) return true;
    append_digit(rest, i < digits.size() ? static_cast<std::uint32_t>(digits[i] - '0') : 0);
    while (!less(rest, divisor)) subtract(rest, divisor);
  }
  return rest.empty();
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view json_number) {
  const auto spelling = read_spelling(json_number);
  if (!spelling) return std::nullopt;
  Decimal value;
  value.digits.reserve(spelling->whole.size() + spelling->fraction.size());
  value.digits.append(spelling->whole).append(spelling->fraction);
  const std::size_t last = value.digits.find_last_not_of('0');
  if (last == std::string::npos) return Decimal{};
  const std::size_t trailing = value.digits.size() - 1 - last;
  value.digits.resize(last + 1);
  value.digits.erase(0, value.digits.find_first_not_of('0'));
  value.negative = spelling->negative;
  if (spelling->exponent > kExponentMax || spelling->exponent < -kExponentMax) return std::nullopt;
  value.exponent = spelling->exponent - static_cast<std::int64_t>(spelling->fraction.size()) +
                   static_cast<std::int64_t>(trailing);
  if (value.exponent > kExponentMax || value.exponent < -kExponentMax) return std::nullopt;
  return value;
}

std::string to_string(const Decimal& value) {
  constexpr std::int64_t kPlainDigitsMax = 21, kLeadingZerosMax = 6;
  if (value.is_zero()) return "0";
  std::string text = value.negative ? "-" : "";
  const std::int64_t point = magnitude(value);
  const auto count = static_cast<std::int64_t>(value.digits.size());
  if (value.exponent >= 0 && point <= kPlainDigitsMax) {
    return text.append(value.digits).append(static_cast<std::size_t>(value.exponent), '0');
  }
  if (value.exponent < 0 && point > 0) {
    const auto whole = static_cast<std::size_t>(point);
    return text.append(value.digits, 0, whole).append(".").append(value.digits, whole);
  }
  if (value.exponent < 0 && point > -kLeadingZerosMax) {
    return text.append("0.").append(static_cast<std::size_t>(-point), '0').append(value.digits);
  }
  text += value.digits.front();
  if (count > 1) text.append(".").append(value.digits, 1);
  return text.append("e").append(std::to_string(point - 1));
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& value) {
    return value.is_zero() ? 0 : value.negative ? -1 : 1;
  };
  if (const auto order = sign(a) <=> sign(b); order != 0) return order;
  if (a.is_zero()) return std::strong_ordering::equal;
  return a.negative ? compare_absolute(b, a) : compare_absolute(a, b);
}

bool is_multiple(const Decimal& value, const Decimal& of) {
  constexpr std::size_t kSmallDigits = 17;  // 10·10^17 still fits 64 bits
  if (value.is_zero()) return true;
  if (value.exponent < of.exponent) return false;  // its last digit is not 0
  // Each factor 2 or 5 of the divisor needs one 10 at most; a divisor of n digits has fewer than
  // 4n.
  const auto zeros = std::min<std::size_t>(static_cast<std::size_t>(value.exponent - of.exponent),
                                           4 * of.digits.size());
  if (of.digits.size() <= kSmallDigits) {
    std::uint64_t divisor = 0;
    std::from_chars(of.digits.data(), of.digits.data() + of.digits.size(), divisor);
    return divides_small(value.digits, zeros, divisor);
  }
  return divides_large(value.digits, zeros, to_limbs(of.digits));
}

}  // namespace diptych::grammar
