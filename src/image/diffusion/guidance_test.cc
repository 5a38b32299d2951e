#include "image/diffusion/guidance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace diptych {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

const Shape kTwo{2, 1, 1, 2};
const Tensor64 kUnconditional(kTwo, {1.0, 2.0, 3.0, 4.0});
const Tensor64 kConditional(kTwo, {2.0, 1.0, 3.0, 8.0});

TEST(Guidance, GoesPastTheConditionalEstimate) {
  EXPECT_THAT(guided(kUnconditional, kConditional, 3.0).values, ElementsAre(4, -1, 3, 16));
  EXPECT_EQ(guided(kUnconditional, kConditional, 1.0).values, kConditional.values);
}

TEST(Guidance, AFullRescaleHasTheConditionalDeviationPerPicture) {
  const Tensor64 rescaled = guided(kUnconditional, kConditional, RescaledGuidance{3, 1});
  const auto deviation = [](double a, double b) { return std::abs(a - b) / 2; };
  EXPECT_NEAR(deviation(rescaled[0], rescaled[1]), deviation(2, 1), 1e-12);
  EXPECT_NEAR(deviation(rescaled[2], rescaled[3]), deviation(3, 8), 1e-12);
}

TEST(Guidance, AHalfRescaleLiesBetween) {
  const Tensor64 plain = guided(kUnconditional, kConditional, 3.0);
  const Tensor64 full = guided(kUnconditional, kConditional, RescaledGuidance{3, 1});
  const Tensor64 half = guided(kUnconditional, kConditional, RescaledGuidance{3, 0.5});
  for (std::size_t i = 0; i < half.size(); ++i) {
    EXPECT_NEAR(half[i], (plain[i] + full[i]) / 2, 1e-12);
  }
}

TEST(Guidance, AFlatPictureIsNotDividedByItsDeviation) {
  const Tensor64 flat(kTwo, 1.0);
  EXPECT_EQ(guided(flat, flat, RescaledGuidance{7, 0.7}).values, flat.values);
}

TEST(Guidance, PromptsAreComposedByTheirWeights) {
  const Tensor other(kTwo, {0.0F, 0.0F, 0.0F, 0.0F});
  const Tensor unconditional = cast_tensor<float>(kUnconditional);
  const Tensor conditional = cast_tensor<float>(kConditional);
  const WeightedEstimate<float> parts[] = {{&conditional, 1}, {&other, -0.5}};
  const Tensor mixed =
      composed(unconditional, std::span<const WeightedEstimate<float>>(parts), 2.0);
  EXPECT_THAT(mixed.values, ElementsAre(1 + 2 + 1, 2 - 2 + 2, 3 + 0 + 3, 4 + 8 + 4));
}

}  // namespace
}  // namespace diptych
