#include "text/quality/quality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "text/engine_script.h"

namespace diptych {
namespace {

std::vector<TokenId> counting_text(int size) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < size; ++i) tokens.push_back(i % 200);
  return tokens;
}

TokenId count_on(std::span<const TokenId> tokens) { return (tokens.back() + 1) % 200; }

EngineScript counting_script() {
  EngineScript script;
  script.next = count_on;
  return script;
}

TEST(Perplexity, IsNearOneWhenTheEngineKnowsTheText) {
  ScriptEngine engine(counting_script());
  const auto result = measure_perplexity(engine, counting_text(256), {.window = 64});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_NEAR(result->value, 1.0, 0.05);
  EXPECT_EQ(result->token_count, 4 * 32);
}

TEST(Perplexity, IsNearTheVocabularySizeWhenItKnowsNothing) {
  ScriptEngine engine(EngineScript{});
  const auto result = measure_perplexity(engine, counting_text(256), {.window = 64});
  ASSERT_TRUE(result);
  EXPECT_GT(result->value, 50);
  EXPECT_GT(result->standard_error, 0);
}

TEST(Perplexity, ScoresOnlyTheSecondHalfOfEachWindow) {
  std::vector<TokenId> tokens = counting_text(128);
  ScriptEngine engine(counting_script());
  const auto clean = measure_perplexity(engine, tokens, {.window = 64});
  tokens[10] = 7;  // a surprise in the first half costs nothing
  const auto early = measure_perplexity(engine, tokens, {.window = 64});
  tokens[50] = 7;
  const auto late = measure_perplexity(engine, tokens, {.window = 64});
  ASSERT_TRUE(clean && early && late);
  EXPECT_NEAR(early->value, clean->value, 1e-3);
  EXPECT_GT(late->value, clean->value * 1.1);
}

TEST(Perplexity, DoesNotDependOnTheBatchSize) {
  EngineScript small = counting_script();
  small.limits.step_token_count = 7;
  ScriptEngine in_pieces(small), at_once(counting_script());
  const auto a = measure_perplexity(in_pieces, counting_text(200), {.window = 50});
  const auto b = measure_perplexity(at_once, counting_text(200), {.window = 50});
  ASSERT_TRUE(a && b);
  EXPECT_DOUBLE_EQ(a->value, b->value);
}

TEST(Perplexity, LeavesTheSequenceEmptyAlsoAfterAFault) {
  EngineScript script = counting_script();
  script.faults[1] = ErrorCode::kOverloaded;
  ScriptEngine engine(script);
  const auto result = measure_perplexity(engine, counting_text(256), {.window = 64});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(engine.cells_used(), 0);
}

TEST(Perplexity, RefusesWhatDoesNotFit) {
  ScriptEngine engine(counting_script());
  const auto param_of = [&](std::vector<TokenId> tokens, int window) {
    const auto result = measure_perplexity(engine, tokens, {.window = window});
    return result ? "accepted" : result.error().param;
  };
  EXPECT_EQ(param_of(counting_text(63), 64), "tokens");
  EXPECT_EQ(param_of({0, 99999}, 2), "tokens");
  EXPECT_EQ(param_of(counting_text(64), 63), "window");
  EXPECT_EQ(param_of(counting_text(64), 0), "window");
  EXPECT_EQ(param_of(counting_text(4096), 1024), "window");
}

TEST(Perplexity, StopsWhenAsked) {
  ScriptEngine engine(counting_script());
  std::stop_source stop;
  stop.request_stop();
  const auto result =
      measure_perplexity(engine, counting_text(64), {.window = 64, .stop = stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST(Agreement, OfAnEngineWithItselfIsPerfect) {
  ScriptEngine a(counting_script()), b(counting_script());
  const auto result = compare_engines(a, b, counting_text(128), {.window = 64});
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->divergence_max, 0, 1e-9);
  EXPECT_EQ(result->same_top_share, 1);
  EXPECT_EQ(result->reference.value, result->candidate.value);
}

TEST(Agreement, FindsWhereTwoEnginesDiffer) {
  EngineScript other = counting_script();
  other.next = [](std::span<const TokenId> tokens) {
    return tokens.size() % 2 == 0 ? count_on(tokens) : TokenId{7};
  };
  ScriptEngine a(counting_script()), b(other);
  const auto result = compare_engines(a, b, counting_text(128), {.window = 64});
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->same_top_share, 0.5, 0.02);
  EXPECT_GT(result->divergence_mean, 0.1);
  EXPECT_GT(result->candidate.value, result->reference.value);
}

TEST(Agreement, RefusesDifferentVocabularies) {
  EngineScript larger;
  larger.pieces = {"more"};
  ScriptEngine a(EngineScript{}), b(larger);
  EXPECT_FALSE(compare_engines(a, b, counting_text(128), {.window = 64}));
}

}  // namespace
}  // namespace diptych
