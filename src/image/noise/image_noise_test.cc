#include "image/noise/image_noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diptych {
namespace {

using testing::Pointwise;

const Shape kOne{1, 4, 6, 5};
const Shape kTwo{2, 4, 6, 5};
constexpr std::size_t kSize = 4 * 6 * 5;

std::vector<double> image_of(const Tensor64& batch, std::size_t image) {
  const auto first = batch.values.begin() + static_cast<std::ptrdiff_t>(image * kSize);
  return {first, first + kSize};
}

TEST(ImageNoise, APictureIsTheSameAloneAndInABatch) {
  ImageNoise batch({.seed = 10, .image_count = 2}), second({.seed = 11});
  EXPECT_EQ(image_of(batch.start(kTwo), 1), second.start(kOne).values);
  EXPECT_EQ(image_of(batch.draw(kTwo), 1), second.draw(kOne).values);
  batch.use_brownian_paths(0.03, 14.6);
  second.use_brownian_paths(0.03, 14.6);
  EXPECT_EQ(image_of(batch.draw_between(kTwo, {3, 2}), 1),
            second.draw_between(kOne, {3, 2}).values);
}

TEST(ImageNoise, DrawsGoOnWithTheStreamOfTheStart) {
  const auto stream = make_generator({}, 3);
  std::vector<float> first(kSize), second(kSize);
  stream->fill(first);
  stream->fill(second);
  ImageNoise noise({.seed = 3});
  EXPECT_EQ(noise.start(kOne).values, std::vector<double>(first.begin(), first.end()));
  EXPECT_EQ(noise.draw(kOne).values, std::vector<double>(second.begin(), second.end()));
}

TEST(ImageNoise, TheEtaSeedDeltaReplacesTheStreamsAfterTheStart) {
  ImageNoise plain({.seed = 3}), shifted({.seed = 3, .eta_seed_delta = 31337}),
      other({.seed = 31340});
  EXPECT_EQ(plain.start(kOne).values, shifted.start(kOne).values);
  EXPECT_EQ(shifted.draw(kOne).values, other.start(kOne).values);
}

TEST(ImageNoise, AVariationChangesTheSecondSeedOfABatch) {
  ImageNoise batch({.seed = 3, .image_count = 2, .variation_seed = 50, .variation_strength = 0.25});
  ImageNoise second({.seed = 3, .variation_seed = 51, .variation_strength = 0.25});
  EXPECT_EQ(image_of(batch.start(kTwo), 1), second.start(kOne).values);
}

TEST(ImageNoise, AVariationOfStrengthOneIsTheOtherSeed) {
  ImageNoise varied({.seed = 3, .variation_seed = 50, .variation_strength = 1}),
      other({.seed = 50});
  EXPECT_THAT(varied.start(kOne).values,
              Pointwise(testing::DoubleNear(1e-6), other.start(kOne).values));
}

TEST(Slerp, KeepsToTheArcBetweenColumns) {
  const Shape shape{1, 2, 1};
  const std::vector<float> mixed = slerp(0.5, {1, 0}, {0, 1}, shape);
  EXPECT_NEAR(mixed[0], std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(mixed[1], std::sqrt(0.5), 1e-6);
}

TEST(Slerp, MixesParallelNoiseWithTheWeightsSwapped) {
  EXPECT_THAT(slerp(0.25, {4, 4}, {8, 8}, Shape{1, 2, 1}), testing::ElementsAre(7, 7));
}

// Noise of 24×32 pixels in a picture of 40×48: rows 1 to 4 and columns 1 to 3 of 6×5 latents.
TEST(ImageNoise, ASmallerPicturesNoiseLiesInTheMiddle) {
  ImageNoise resized({.seed = 3, .resize_from_width = 24, .resize_from_height = 32});
  ImageNoise plain({.seed = 3}), small({.seed = 3});
  const Tensor64 got = resized.start(kOne), around = plain.start(kOne);
  const Tensor64 inside = small.start(Shape{1, 4, 4, 3});
  for (std::size_t channel = 0; channel < 4; ++channel) {
    for (std::size_t y = 0; y < 6; ++y) {
      for (std::size_t x = 0; x < 5; ++x) {
        const bool covered = y >= 1 && y < 5 && x >= 1 && x < 4;
        const double wanted =
            covered ? inside[(channel * 4 + y - 1) * 3 + x - 1] : around[(channel * 6 + y) * 5 + x];
        ASSERT_EQ(got[(channel * 6 + y) * 5 + x], wanted) << channel << " " << y << " " << x;
      }
    }
  }
}

// The middle 6×5 of 8×9 latents.
// them.
TEST(ImageNoise, ALargerPicturesNoiseIsCut) {
  ImageNoise resized({.seed = 3, .resize_from_width = 72, .resize_from_height = 64});
  ImageNoise large({.seed = 3});
  const Tensor64 got = resized.start(kOne), source = large.start(Shape{1, 4, 8, 9});
  EXPECT_EQ(got[0], source[1 * 9 + 2]);
  EXPECT_EQ(got[(5 * 5) + 4], source[(1 + 5) * 9 + 2 + 4]);
}

}  // namespace
}  // namespace diptych
