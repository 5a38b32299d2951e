// Every sampler against a brute-force reference over the whole sorted vocabulary.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/rng.h"
#include "text/sampling/registry.h"

namespace diptych {
namespace {

using Row = std::vector<float>;

Row random_logits(int size, std::uint64_t seed, double spread) {
  Row logits(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < logits.size(); ++i)
    logits[i] = static_cast<float>((uniform_at(seed, 1, i) - 0.5) * spread);
  return logits;
}

std::vector<double> softmax(const Row& logits) {
  const double best = static_cast<double>(*std::ranges::max_element(logits));
  std::vector<double> p;
  double total = 0;
  for (float logit : logits) total += p.emplace_back(std::exp(static_cast<double>(logit) - best));
  for (double& value : p) value /= total;
  return p;
}

std::vector<TokenId> sorted_by(int size, const std::function<bool(TokenId, TokenId)>& before) {
  std::vector<TokenId> ids;
  for (TokenId id = 0; id < size; ++id) ids.push_back(id);
  std::ranges::sort(ids,
                    [&](TokenId a, TokenId b) { return before(a, b) || (!before(b, a) && a < b); });
  return ids;
}

std::set<TokenId> kept_by(const TokenSampler& sampler, const Row& logits,
                          const SamplingOptions& options) {
  TokenMarks marks;
  Candidates candidates;
  candidates.assign(logits);
  const SampleContext context{options, {}, 0, {}, {}, marks};
  EXPECT_TRUE(sampler.wanted(context)) << sampler.name;
  sampler.apply(candidates, context);
  std::set<TokenId> kept;
  for (const Candidate& item : candidates.list()) kept.insert(item.token);
  return kept;
}

struct Shape {
  int size;
  double spread;
};
const Shape kShapes[] = {{1, 1}, {7, 4}, {64, 0}, {300, 3}, {300, 30}, {5000, 20}, {5000, 0.01}};

// The reference: take tokens in `order` until their probability reaches p.
std::set<TokenId> nucleus(const std::vector<TokenId>& order, const std::vector<double>& p,
                          double wanted) {
  std::set<TokenId> kept;
  double sum = 0;
  for (TokenId id : order) {
    if (!kept.empty() && sum >= wanted) break;
    kept.insert(id);
    sum += p[static_cast<std::size_t>(id)];
  }
  return kept;
}

// Equal but for the last token: rounding may put the boundary one further or nearer.
void expect_same_but_for_rounding(const std::set<TokenId>& got, const std::set<TokenId>& expected) {
  std::vector<TokenId> difference;
  std::ranges::set_symmetric_difference(got, expected, std::back_inserter(difference));
  EXPECT_LE(difference.size(), 1u);
}

TEST(Samplers, TopKKeepsTheBest) {
  for (const Shape& shape : kShapes) {
    for (int k : {1, 2, 40, 1000, 6000}) {
      const Row logits = random_logits(shape.size, 3, shape.spread);
      const auto order = sorted_by(shape.size, [&](TokenId a, TokenId b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
      });
      const std::set<TokenId> expected(order.begin(), order.begin() + std::min(k, shape.size));
      EXPECT_EQ(kept_by(kTopK, logits, {.top_k = k}), expected) << shape.size << " " << k;
    }
  }
}

TEST(Samplers, TopPKeepsTheSmallestSet) {
  for (const Shape& shape : kShapes) {
    for (double p : {0.0, 0.01, 0.5, 0.9, 0.999}) {
      const Row logits = random_logits(shape.size, 5, shape.spread);
      const auto order = sorted_by(shape.size, [&](TokenId a, TokenId b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
      });
      expect_same_but_for_rounding(kept_by(kTopP, logits, {.top_p = p}),
                                   nucleus(order, softmax(logits), p));
    }
  }
}

TEST(Samplers, MinPDropsWhatIsFarBelowTheBest) {
  for (const Shape& shape : kShapes) {
    for (double least : {0.001, 0.1, 0.5, 1.0}) {
      const Row logits = random_logits(shape.size, 9, shape.spread);
      const auto p = softmax(logits);
      const double best = *std::ranges::max_element(p);
      std::set<TokenId> expected;
      for (TokenId id = 0; id < shape.size; ++id)
        if (p[static_cast<std::size_t>(id)] >= least * best) expected.insert(id);
      expect_same_but_for_rounding(kept_by(kMinP, logits, {.min_p = least}), expected);
    }
  }
}

TEST(Samplers, TypicalPKeepsTheMostTypical) {
  for (const Shape& shape : kShapes) {
    if (shape.spread > 0 && shape.spread < 1) continue;  // distances too near for float to order
    for (double mass : {0.1, 0.5, 0.95}) {
      const Row logits = random_logits(shape.size, 13, shape.spread);
      const auto p = softmax(logits);
      double entropy = 0;
      for (double value : p) entropy -= value * std::log(value);
      const auto distance = [&](TokenId id) {
        return std::abs(-std::log(p[static_cast<std::size_t>(id)]) - entropy);
      };
      const auto order = sorted_by(
          shape.size, [&](TokenId a, TokenId b) { return distance(a) < distance(b) - 1e-9; });
      expect_same_but_for_rounding(kept_by(kTypicalP, logits, {.typical_p = mass}),
                                   nucleus(order, p, mass));
    }
  }
}

struct Given {
  SamplingOptions options;
  std::vector<TokenId> tokens = {};
  int prompt_count = 0;
  std::vector<TokenId> banned = {};
  std::vector<std::uint32_t> allowed = {};
};

Row reweighed(const TokenSampler& sampler, const Row& logits, const Given& given) {
  TokenMarks marks;
  Candidates candidates;
  candidates.assign(logits);
  sampler.apply(candidates, {given.options, given.tokens, given.prompt_count, given.banned,
                             given.allowed, marks});
  return {candidates.by_token().begin(), candidates.by_token().end()};
}

void expect_near(const Row& got, const Row& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << i;
}

TEST(Samplers, LogitBiasAdds) {
  const SamplingOptions options{.logit_bias = {{1, 2.5F}, {3, -100.0F}}};
  expect_near(reweighed(kLogitBias, {1, 1, 1, 1}, {options}), {1, 3.5F, 1, -99});
}

TEST(Samplers, RepetitionPenaltyCountsATokenOnceWithinItsWindow) {
  SamplingOptions options{.repetition_penalty = 2, .repetition_window = 3};
  const std::vector<TokenId> tokens{0, 1, 2, 2};
  expect_near(reweighed(kRepetitionPenalty, {4, 4, -4, 4}, {options, tokens, 2}), {4, 2, -8, 4});
  options.repetition_window = -1;
  expect_near(reweighed(kRepetitionPenalty, {4, 4, -4, 4}, {options, tokens, 2}), {2, 2, -8, 4});
  options.repetition_window = 0;
  expect_near(reweighed(kRepetitionPenalty, {4, 4, -4, 4}, {options, tokens, 2}), {4, 4, -4, 4});
}

TEST(Samplers, CountPenaltiesFollowOpenAisFormulaOverTheAnswerOnly) {
  const SamplingOptions options{.frequency_penalty = 0.5, .presence_penalty = 1.25};
  const std::vector<TokenId> tokens{0, 0, 1, 2, 2, 2};
  std::map<TokenId, int> count;
  for (std::size_t i = 2; i < tokens.size(); ++i) ++count[tokens[i]];
  Row expected{1, 1, 1, 1};
  for (const auto& [token, n] : count)
    expected[static_cast<std::size_t>(token)] -= static_cast<float>(n * 0.5 + 1.25);
  expect_near(reweighed(kCountPenalty, {1, 1, 1, 1}, {options, tokens, 2}), expected);
}

TEST(Samplers, TheBanOverridesEveryBias) {
  const auto rows = token_samplers();
  const auto place = [&](const TokenSampler& row) { return std::ranges::find(rows, &row); };
  EXPECT_LT(place(kLogitBias), place(kTokenBan));
  EXPECT_TRUE(std::isinf(reweighed(kTokenBan, {1, 1}, {.banned = {1}})[1]));
}

TEST(Samplers, AGrammarLeavesWhatItAllows) {
  const auto rows = token_samplers();
  const auto place = [&](const TokenSampler& row) { return std::ranges::find(rows, &row); };
  EXPECT_LT(place(kLogitBias), place(kGrammarMask));
  EXPECT_LT(place(kGrammarMask), place(kTemperature));
  Row logits(40, 1);
  const Row left = reweighed(kGrammarMask, logits, {.allowed = {0x8000'0001U, 0x80U}});
  for (std::size_t token = 0; token < left.size(); ++token) {
    const bool allowed = token == 0 || token == 31 || token == 39;
    EXPECT_EQ(std::isinf(left[token]), !allowed) << token;
  }
}

TEST(Samplers, TemperatureDivides) {
  TokenMarks marks;
  const SamplingOptions options{.temperature = 0.5};
  Candidates candidates;
  candidates.assign(Row{1, -2});
  kTemperature.apply(candidates, {options, {}, 0, {}, {}, marks});
  expect_near({candidates.by_token().begin(), candidates.by_token().end()}, {2, -4});
}

TEST(Samplers, EveryRowIsNamedOnceAndReweighingComesFirst) {
  std::set<std::string_view> names;
  bool cutting = false;
  for (const TokenSampler* sampler : token_samplers()) {
    EXPECT_TRUE(names.insert(sampler->name).second) << sampler->name;
    EXPECT_FALSE(sampler->doc.empty());
    cutting = cutting || sampler->kind == SamplerKind::kCut;
    EXPECT_EQ(cutting, sampler->kind == SamplerKind::kCut) << sampler->name;
  }
  EXPECT_EQ(names.size(), 10U);
}

}  // namespace
}  // namespace diptych
