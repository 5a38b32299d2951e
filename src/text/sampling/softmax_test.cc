#include "text/sampling/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"

namespace diptych {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_logits(std::size_t size, std::uint64_t seed) {
  std::vector<float> logits(size);
  for (std::size_t i = 0; i < size; ++i)
    logits[i] = static_cast<float>(uniform_at(seed, 0, i) * 60 - 40);
  return logits;
}

TEST(Softmax, ArgmaxTakesTheLowestIdOfEquals) {
  for (std::size_t size : {1u, 5u, 16u, 33u, 100u}) {
    std::vector<float> logits(size, 1.5F);
    EXPECT_EQ(argmax(logits), 0);
    logits.back() = 2;
    EXPECT_EQ(argmax(logits), static_cast<TokenId>(size) - 1);
  }
}

TEST(Softmax, ArgmaxSkipsWhatIsNoNumber) {
  EXPECT_EQ(argmax(std::vector<float>{kNan, -3, kNan, -2, -kInfinity}), 3);
  EXPECT_EQ(argmax(std::vector<float>{kNan, -kInfinity}), -1);
  EXPECT_EQ(argmax(std::vector<float>{}), -1);
}

TEST(Softmax, ExpSumAgreesWithDoublePrecision) {
  for (std::size_t size : {1u, 15u, 16u, 17u, 4097u, 50'000u}) {
    const std::vector<float> logits = random_logits(size, size);
    const float best = max_of(logits);
    double expected = 0;
    for (float logit : logits) expected += std::exp(static_cast<double>(logit - best));
    EXPECT_NEAR(exp_sum(logits, best) / expected, 1, 1e-6) << size;
  }
}

TEST(Softmax, TheImpossibleAddsNothing) {
  EXPECT_DOUBLE_EQ(exp_sum(std::vector<float>{0, -kInfinity, -200, kNan}, 0), 1);
}

}  // namespace
}  // namespace diptych
