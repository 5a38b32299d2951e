#include "text/sampling/token_picker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/rng.h"

namespace diptych {
namespace {

std::vector<float> random_logits(std::size_t size, std::uint64_t seed) {
  std::vector<float> logits(size);
  for (std::size_t i = 0; i < size; ++i)
    logits[i] = static_cast<float>(uniform_at(seed, 2, i) * 12 - 6);
  return logits;
}

TEST(TokenPicker, GreedyTakesTheLowestOfTheBest) {
  TokenPicker picker;
  EXPECT_EQ(*picker.pick(std::vector<float>{1, 3, 3, 2}, {.temperature = 0}, {}), 1);
}

TEST(TokenPicker, GreedyStillObeysPenaltiesAndBias) {
  TokenPicker picker;
  const SamplingOptions options{.temperature = 0, .top_k = 1, .logit_bias = {{3, 5.0F}}};
  EXPECT_EQ(*picker.pick(std::vector<float>{1, 3, 3, 2}, options, {}), 3);
}

TEST(TokenPicker, NothingFiniteIsAnErrorNotAToken) {
  TokenPicker picker;
  const std::vector<float> nothing(40, std::numeric_limits<float>::quiet_NaN());
  for (double temperature : {0.0, 1.0}) {
    for (double top_p : {1.0, 0.5}) {
      const SamplingOptions options{.temperature = temperature, .top_p = top_p};
      EXPECT_EQ(picker.pick(nothing, options, {}).error().code, ErrorCode::kInternal);
    }
  }
}

// Draws over many positions follow the distribution: χ² over the frequent tokens stays near its
// degrees of freedom.
TEST(TokenPicker, DrawsFollowTheDistribution) {
  const std::vector<SamplingOptions> all{
      {}, {.temperature = 0.7}, {.top_p = 0.8}, {.top_k = 12}, {.min_p = 0.05}, {.typical_p = 0.7}};
  for (std::size_t size : {20u, 2000u}) {
    const std::vector<float> logits = random_logits(size, 77);
    for (const SamplingOptions& base : all) {
      SamplingOptions options = base;
      TokenPicker picker;
      std::map<TokenId, int> first, second;
      constexpr int kDraws = 4000;
      std::vector<TokenId> tokens;
      for (int i = 0; i < 2 * kDraws; ++i) {
        options.seed = static_cast<std::uint64_t>(i);
        ++(i < kDraws ? first : second)[*picker.pick(logits, options, {.tokens = tokens})];
      }
      // The two halves are two samples of one distribution; a biased draw would have to be biased
      // the same way, which the softmax comparison below excludes for the plain case.
      for (const auto& [token, count] : first) {
        if (count <= 200) continue;
        EXPECT_NEAR(second[token], count, 6 * std::sqrt(count));
      }
      if (&base != &all[0]) continue;
      double total = 0;
      for (float logit : logits) total += std::exp(static_cast<double>(logit));
      for (const auto& [token, count] : first) {
        const double p =
            std::exp(static_cast<double>(logits[static_cast<std::size_t>(token)])) / total;
        EXPECT_NEAR(count, p * kDraws, 6 * std::sqrt(p * kDraws) + 6) << token;
      }
    }
  }
}

TEST(TokenPicker, TheDrawDependsOnSeedChoiceAndPositionOnly) {
  const std::vector<float> logits = random_logits(300, 5);
  const SamplingOptions options{.seed = 42};
  TokenPicker used, fresh;
  const std::vector<TokenId> tokens(9, 1);
  for (int i = 0; i < 50; ++i) (void)used.pick(random_logits(300, 8), {.top_k = 3}, {});
  std::set<TokenId> drawn;
  for (int choice = 0; choice < 40; ++choice) {
    const SamplePoint point{.choice = choice, .tokens = tokens, .prompt_count = 2};
    const TokenId token = *used.pick(logits, options, point);
    EXPECT_EQ(token, *fresh.pick(logits, options, point));
    drawn.insert(token);
  }
  EXPECT_GT(drawn.size(), 5u) << "choices must differ";
  drawn.clear();
  const std::vector<TokenId> longest(40, 1);
  for (std::size_t position = 0; position < longest.size(); ++position)
    drawn.insert(*fresh.pick(logits, options, {.tokens = std::span(longest).first(position)}));
  EXPECT_GT(drawn.size(), 5u) << "positions must differ";
}

TEST(TokenPicker, LogprobsAreTheLogOfTheRawSoftmax) {
  const std::vector<float> logits = random_logits(1000, 21);
  double total = 0;
  for (float logit : logits) total += std::exp(static_cast<double>(logit));
  TokenPicker picker;
  const TokenLogprob got = picker.logprob(logits, 17, 5);
  EXPECT_NEAR(got.logprob, static_cast<double>(logits[17]) - std::log(total), 1e-5);
  ASSERT_EQ(got.top.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const float logit = logits[static_cast<std::size_t>(got.top[i].token)];
    EXPECT_NEAR(got.top[i].logprob, static_cast<double>(logit) - std::log(total), 1e-5);
    EXPECT_EQ(std::ranges::count_if(logits, [&](float other) { return other > logit; }), i);
  }
  EXPECT_TRUE(picker.logprob(logits, 17, 0).top.empty());
}

}  // namespace
}  // namespace diptych
