#include "image/samplers/beta_distribution.h"

#include <cmath>
#include <initializer_list>
#include <limits>

namespace diptych {
namespace {

// The continued fraction of DLMF 8.17.22 by Lentz's method; converges fast for x < (a + 1)/(a + b +
// 2).
double continued_fraction(double x, double a, double b) {
  constexpr double kTiny = std::numeric_limits<double>::min();
  constexpr int kTermsMax = 500;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double c = 1, fraction = d;
  for (int m = 1; m <= kTermsMax; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (const double term : {even, odd}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

double incomplete_beta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(x, a, b) / a;
  return 1 - front * continued_fraction(1 - x, b, a) / b;
}

}  // namespace

double beta_quantile(double probability, double alpha, double beta) {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  if (alpha == beta && probability == 0.5) return 0.5;  // exactly: callers round to whole indices
  double low = 0, high = 1;
  for (;;) {  // halves until no double lies between
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (incomplete_beta(middle, alpha, beta) < probability ? low : high) = middle;
    if (high - low < std::numeric_limits<double>::epsilon() * low) return middle;
  }
}

}  // namespace diptych
