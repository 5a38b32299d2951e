#include "grammar/value/natural.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace diptych::grammar {
namespace {

constexpr std::uint64_t kBase = 1'000'000'000;
constexpr std::size_t kLimbDigits = 9;

}  // namespace

Natural::Natural(std::uint64_t value) {
  for (; value > 0; value /= kBase) limbs_.push_back(static_cast<std::uint32_t>(value % kBase));
}

Natural Natural::of_digits(std::string_view digits, std::size_t zeros) {
  std::string padded(digits);
  padded.append(zeros, '0');
  Natural value;
  for (std::size_t end = padded.size(); end > 0;) {
    const std::size_t begin = end - std::min(end, kLimbDigits);
    std::uint32_t limb = 0;
    std::from_chars(padded.data() + begin, padded.data() + end, limb);
    value.limbs_.push_back(limb);
    end = begin;
  }
  value.trim();
  return value;
}

std::string Natural::digits() const {
  std::string text;
  for (std::size_t i = limbs_.size(); i-- > 0;) {
    const std::string limb = std::to_string(limbs_[i]);
    if (!text.empty()) text.append(kLimbDigits - limb.size(), '0');
    text += limb;
  }
  return text;
}

std::uint64_t Natural::saturated() const {
  if (*this > Natural(~std::uint64_t{0})) return ~std::uint64_t{0};
  std::uint64_t value = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) value = value * kBase + limbs_[i];
  return value;
}

void Natural::trim() {
  while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
}

std::strong_ordering operator<=>(const Natural& a, const Natural& b) {
  if (const auto order = a.limbs_.size() <=> b.limbs_.size(); order != 0) return order;
  return std::lexicographical_compare_three_way(a.limbs_.rbegin(), a.limbs_.rend(),
                                                b.limbs_.rbegin(), b.limbs_.rend());
}

Natural operator+(const Natural& a, const Natural& b) {
  Natural sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.limbs_.size(), b.limbs_.size()) || carry > 0; ++i) {
    if (i < a.limbs_.size()) carry += a.limbs_[i];
    if (i < b.limbs_.size()) carry += b.limbs_[i];
    sum.limbs_.push_back(static_cast<std::uint32_t>(carry % kBase));
    carry /= kBase;
  }
  return sum;
}

Natural operator-(const Natural& a, const Natural& b) {
  Natural difference = a;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < difference.limbs_.size(); ++i) {
    const std::uint64_t taken = (i < b.limbs_.size() ? b.limbs_[i] : 0) + borrow;
    borrow = difference.limbs_[i] < taken ? 1 : 0;
    difference.limbs_[i] =
        static_cast<std::uint32_t>(difference.limbs_[i] + borrow * kBase - taken);
  }
  difference.trim();
  return difference;
}

Natural operator*(const Natural& a, const Natural& b) {
  Natural product;
  product.limbs_.resize(a.limbs_.size() + b.limbs_.size());
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs_.size() || carry > 0; ++j) {
      carry += product.limbs_[i + j];
      if (j < b.limbs_.size()) carry += std::uint64_t{a.limbs_[i]} * b.limbs_[j];
      product.limbs_[i + j] = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
  }
  product.trim();
  return product;
}

// floor(rest / divisor), which is less than one limb: the leading limbs say it to within one.
std::uint64_t Natural::estimate(const Natural& rest, const Natural& divisor) {
  if (rest < divisor) return 0;
  const std::size_t count = divisor.limbs_.size();
  const auto leading = [count](const Natural& value) {  // the three limbs at the divisor's top
    long double sum = 0;
    for (std::size_t i = value.limbs_.size(); i-- > 0 && i + 3 >= count;) {
      sum = sum * static_cast<long double>(kBase) + value.limbs_[i];
    }
    return sum;
  };
  auto guess = static_cast<std::uint64_t>(leading(rest) / leading(divisor));
  while (divisor * Natural(guess) > rest) --guess;
  while (rest - divisor * Natural(guess) >= divisor) ++guess;
  return guess;
}

Natural::Division Natural::divided_by(const Natural& divisor) const {
  Division result;
  result.quotient.limbs_.resize(limbs_.size());
  if (divisor.limbs_.size() == 1) {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      rest = rest * kBase + limbs_[i];
      result.quotient.limbs_[i] = static_cast<std::uint32_t>(rest / divisor.limbs_[0]);
      rest %= divisor.limbs_[0];
    }
    result.rest = Natural(rest);
    result.quotient.trim();
    return result;
  }
  for (std::size_t i = limbs_.size(); i-- > 0;) {
    result.rest.limbs_.insert(result.rest.limbs_.begin(), limbs_[i]);
    result.rest.trim();
    const std::uint64_t limb = estimate(result.rest, divisor);
    result.quotient.limbs_[i] = static_cast<std::uint32_t>(limb);
    result.rest = result.rest - divisor * Natural(limb);
  }
  result.quotient.trim();
  return result;
}

Natural greatest_common_divisor(Natural a, Natural b) {
  while (!b.is_zero()) a = std::exchange(b, a.divided_by(b).rest);
  return a;
}

}  // namespace diptych::grammar
