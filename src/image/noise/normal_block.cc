#include "image/noise/normal_block.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace diptych {
namespace {

// Σ c[k]·x^(n−1−k) by Horner's rule, one rounding per term.
template <std::size_t kCount>
float polynomial(const float (&coefficients)[kCount], float x) {
  float sum = coefficients[0];
  for (std::size_t i = 1; i < kCount; ++i) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

// Cephes logf for x in (0, 1]: x = 2^e · m with m in [√½, √2), then ln m = r − r²/2 + r³·P(r), r =
// m − 1.
float cephes_log(float x) {
  constexpr float kCoefficients[] = {7.0376836292e-2F,  -1.1514610310e-1F, 1.1676998740e-1F,
                                     -1.2420140846e-1F, 1.4249322787e-1F,  -1.6668057665e-1F,
                                     2.0000714765e-1F,  -2.4999993993e-1F, 3.3333331174e-1F};
  constexpr float kLn2High = 0.693359375F;  // exact in few bits; the rest of ln 2 follows
  constexpr float kLn2Low = -2.12194440e-4F;
  const auto bits = std::bit_cast<std::uint32_t>(std::max(x, std::numeric_limits<float>::min()));
  float exponent = static_cast<float>(static_cast<int>(bits >> 23) - 126);
  const float mantissa = std::bit_cast<float>((bits & 0x007FFFFF) | 0x3F000000);  // in [½, 1)
  float r = mantissa - 1;
  if (mantissa < std::numbers::sqrt2_v<float> / 2) {
    exponent -= 1;
    r += mantissa;
  }
  const float r2 = r * r;
  float tail = polynomial(kCoefficients, r) * r;
  tail = std::fma(tail, r2, exponent * kLn2Low);
  tail = std::fma(r2, -0.5F, tail);
  return std::fma(exponent, kLn2High, r + tail);
}

struct SineCosine {
  float sine, cosine;
};

// Cephes sinf and cosf for x in [0, 2π]: x minus the nearest even multiple of π/4, taken off in
// three parts, then a polynomial on [−π/4, π/4].
SineCosine cephes_sine_cosine(float x) {
  constexpr float kSine[] = {-1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F};
  constexpr float kCosine[] = {2.443315711809948e-5F, -1.388731625493765e-3F,
                               4.166664568298827e-2F};
  constexpr float kFourOverPi = 1.27323954473516F;
  const int octant = (static_cast<int>(x * kFourOverPi) + 1) & ~1;
  const float multiple = static_cast<float>(octant);
  x = std::fma(multiple, -0.78515625F, x);
  x = std::fma(multiple, -2.4187564849853515625e-4F, x);
  x = std::fma(multiple, -3.77489497744594108e-8F, x);

  const float x2 = x * x;
  const float cosine_tail = polynomial(kCosine, x2) * x2;
  float cosine = std::fma(cosine_tail, x2, -(x2 * 0.5F)) + 1;
  float sine = std::fma(polynomial(kSine, x2) * x2, x, x);
  if (octant & 2) std::swap(sine, cosine);
  if (octant & 4) sine = -sine;
  if ((octant + 2) & 4) cosine = -cosine;
  return {sine, cosine};
}

}  // namespace

void make_normal(NormalBlock block) {
  constexpr std::size_t kHalf = NormalBlock::extent / 2;
  constexpr float kTwoPi = 2 * std::numbers::pi_v<float>;
  for (std::size_t j = 0; j < kHalf; ++j) {
    const float radius = std::sqrt(-2 * cephes_log(1 - block[j]));
    const auto [sine, cosine] = cephes_sine_cosine(kTwoPi * block[j + kHalf]);
    block[j] = radius * cosine;
    block[j + kHalf] = radius * sine;
  }
}

}  // namespace diptych
