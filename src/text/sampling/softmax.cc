#include "text/sampling/softmax.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace diptych {
namespace {

constexpr std::size_t kLanes = 16;  // independent accumulators: breaks the dependency, lets SIMD in

// e^x for x ≤ 0 by 2^n · 2^f with f in [-1/2, 1/2] (degree 6 Taylor of e^{f ln 2}; relative error <
// 3e-7). Below -87: 0. std::exp is one call per token and keeps the loop scalar: 5 × slower over a
// vocabulary.
float exp_of_negative(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2 = 0.693147182F;
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to an integer
  const float clamped = x > -87.0F ? x : -87.0F;
  const float scaled = clamped * kLog2E;
  const float shifted = scaled + kRound;
  const float n = shifted - kRound;
  const float f = (scaled - n) * kLn2;
  const float series =
      1 +
      f * (1 + f * (0.5F + f * (1.0F / 6 + f * (1.0F / 24 + f * (1.0F / 120 + f * (1.0F / 720))))));
  const auto exponent = static_cast<std::uint32_t>(std::bit_cast<std::int32_t>(shifted) -
                                                   std::bit_cast<std::int32_t>(kRound));
  const float power = std::bit_cast<float>((exponent + 127U) << 23U);
  return series * power;
}

}  // namespace

float max_of(std::span<const float> logits) {
  std::array<float, kLanes> best;
  best.fill(-std::numeric_limits<float>::infinity());
  const float* at = logits.data();
  std::size_t left = logits.size();
  for (; left >= kLanes; left -= kLanes, at += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      best[lane] = at[lane] > best[lane] ? at[lane] : best[lane];
  for (; left > 0; --left, ++at) best[0] = *at > best[0] ? *at : best[0];
  return *std::ranges::max_element(best);
}

TokenId argmax(std::span<const float> logits) {
  const float best = max_of(logits);
  if (!std::isfinite(best)) return -1;
  return static_cast<TokenId>(std::ranges::find(logits, best) - logits.begin());
}

double exp_sum(std::span<const float> logits, float reference) {
  // Two plain loops per block, because a loop that does both is not vectorised. Float sums stay
  // short and double joins them, so the error does not grow with the vocabulary.
  std::array<float, 512> powers;
  double total = 0;
  while (!logits.empty()) {
    const std::size_t count = std::min(powers.size(), logits.size());
    const float* at = logits.data();  // unchecked: an assertion in the loop would keep it scalar
    float* to = powers.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = exp_of_negative(at[i] - reference);
    std::fill(powers.begin() + static_cast<std::ptrdiff_t>(count), powers.end(), 0.0F);
    std::array<float, kLanes> sums{};
    for (std::size_t i = 0; i < powers.size(); i += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += to[i + lane];
    for (float sum : sums) total += static_cast<double>(sum);
    logits = logits.subspan(count);
  }
  return total;
}

}  // namespace diptych
