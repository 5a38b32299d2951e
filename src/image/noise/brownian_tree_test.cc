#include "image/noise/brownian_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "image/noise/seed_sequence.h"

namespace diptych {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

constexpr BrownianTree::Range kRange{0.0291675, 14.614642};

TEST(SeedSequence, GivesTheStateOfNumpy) {  // 2.2, pool_size 24
  EXPECT_THAT(seed_words(42, {}, 4),
              ElementsAre(387750627U, 2536650517U, 4078839648U, 2023786165U));
  const std::array<std::uint32_t, 2> key{0, 0};
  EXPECT_THAT(seed_words(42, key, 4),
              ElementsAre(2102017995U, 2891809698U, 2144110403U, 379559146U));
}

TEST(GoldenBrownianTree, GivesTheIncrementsOfTorchsde) {  // 0.2.6 with torch's CPU generator
  struct Case {
    std::uint64_t seed;
    double from, to;
    std::vector<double> increment;  // not scaled
  };
  const Case cases[] = {
      {0, 7.0, 14.614642, {-0.7738580, 3.7762549, 0.3254326, -1.3622409}},
      {0, 3.5, 7.0, {0.4803079, -2.4120235, -2.2723618, 0.0411903}},
      {42, 1.2345678, 9.9, {-2.5628698, -1.1155092, -1.5285772, 1.5599029}},
  };
  for (const Case& expected : cases) {
    BrownianTree tree(expected.seed, kRange, 4, RandomSource{});
    std::vector<double> got = tree.increment(expected.from, expected.to);
    for (double& value : got) value *= std::sqrt(expected.to - expected.from);
    EXPECT_THAT(got, Pointwise(DoubleNear(2e-6), expected.increment));
  }
}

TEST(BrownianTree, ADescendingStepHasTheOppositeSign) {
  BrownianTree tree(5, kRange, 3, RandomSource{});
  const std::vector<double> up = tree.increment(2.0, 3.0), down = tree.increment(3.0, 2.0);
  for (std::size_t i = 0; i < up.size(); ++i) EXPECT_DOUBLE_EQ(up[i], -down[i]);
}

TEST(BrownianTree, WhatWasAskedBeforeDoesNotMatter) {
  BrownianTree fresh(9, kRange, 2, RandomSource{}), used(9, kRange, 2, RandomSource{});
  for (const double at : {14.0, 9.0, 5.0, 1.0, 0.5}) used.increment(at, at / 2);
  EXPECT_EQ(used.increment(6.0, 4.0), fresh.increment(6.0, 4.0));
}

}  // namespace
}  // namespace diptych
