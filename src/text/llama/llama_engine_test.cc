// The engine over a real model: the default chat model, where tools/bootstrap has fetched it.

#include "text/llama/llama_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "text/llama/backend.h"
#include "text/llama/llama_handles.h"
#include "text/llama/llama_vocabulary.h"

namespace diptych {
namespace {

constexpr int kStepTokens = 128;

struct Loaded {
  LlamaModelPtr model;
  std::unique_ptr<LlamaVocabulary> vocabulary;
};

const Loaded* default_model() {
  static const Loaded loaded = [] {
    Loaded l;
    if (!std::filesystem::exists(DIPTYCH_CHAT_MODEL)) return l;
    load_backends();
    l.model.reset(llama_model_load_from_file(DIPTYCH_CHAT_MODEL, llama_model_default_params()));
    if (l.model) l.vocabulary = std::make_unique<LlamaVocabulary>(l.model.get());
    return l;
  }();
  return loaded.model ? &loaded : nullptr;
}

class LlamaEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    if (default_model() == nullptr)
      GTEST_SKIP() << "the default model is not in the cache: run tools/bootstrap model";
    LlamaEngineOptions options;
    options.cell_count = 2048;
    options.context_length = 2048;
    options.sequence_count = 20;
    options.step_token_count = kStepTokens;
    options.bytes_per_cell = 23040;
    auto made = make_llama_engine(default_model()->model.get(), *default_model()->vocabulary,
                                  *cores_, options);
    ASSERT_TRUE(made) << made.error().message;
    engine_ = std::move(*made);
  }

  std::vector<TokenId> tokens_of(std::string_view text) const {
    return default_model()->vocabulary->tokenize(text, SpecialTokens::kAsText, BosPolicy::kNever);
  }

  // Computes tokens [from, end) in chunks and returns the logits after the last one.
  std::vector<float> feed(SequenceId sequence, const std::vector<TokenId>& tokens, int from = 0,
                          int chunk = kStepTokens) {
    std::vector<float> logits;
    const auto end = static_cast<int>(tokens.size());
    for (int begin = from; begin < end; begin += chunk) {
      std::vector<BatchToken> batch;
      for (int i = begin; i < std::min(end, begin + chunk); ++i) {
        batch.push_back({tokens[static_cast<std::size_t>(i)], sequence, i, i == end - 1});
      }
      EXPECT_TRUE(engine_->step(batch, {}));
      if (begin + chunk >= end) {
        const auto row = engine_->logits(static_cast<int>(batch.size()) - 1);
        logits.assign(row.begin(), row.end());
      }
    }
    return logits;
  }

  std::unique_ptr<CoreArbiter> cores_ = make_core_arbiter(1, system_clock());
  std::unique_ptr<Engine> engine_;
};

const std::string_view kText =
    "The capital of France is Paris, and the river that runs through it is called the Seine. A "
    "long time ago, people "
    "crossed it by boat; today there are many bridges, and the oldest of them is called the new "
    "one.";

TEST_F(LlamaEngineTest, KnowsTheCapitalOfFrance) {
  const std::vector<float> logits = feed(0, tokens_of("The capital of France is"));
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  EXPECT_EQ(engine_->vocabulary().bytes_of(static_cast<TokenId>(best)), " Paris");
}

TEST_F(LlamaEngineTest, LogitsDoNotDependOnHowThePromptWasCut) {
  if (!load_backends().packed.active) GTEST_SKIP() << load_backends().packed.reason;
  const std::vector<TokenId> tokens = tokens_of(kText);
  const std::vector<float> whole = feed(0, tokens);
  for (const int chunk : {1, 7, 32})
    EXPECT_EQ(feed(chunk % 16 + 1, tokens, 0, chunk), whole) << "chunks of " << chunk;
}

TEST_F(LlamaEngineTest, LogitsDoNotDependOnTheRestOfTheBatch) {
  if (!load_backends().packed.active) GTEST_SKIP() << load_backends().packed.reason;
  const std::vector<TokenId> tokens = tokens_of(kText);
  const std::vector<float> alone = feed(0, tokens);
  // Fifteen other sequences grow beside sequence 1, token by token.
  const std::vector<TokenId> other = tokens_of(
      "Once upon a time there was a miller who had three sons, a mill, a donkey and a cat.");
  std::vector<float> beside;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::vector<BatchToken> batch;
    for (SequenceId s = 2; s < 17; ++s)
      batch.push_back(
          {other[(i + static_cast<std::size_t>(s)) % other.size()], s, static_cast<int>(i), true});
    batch.insert(batch.begin() + 7, {tokens[i], 1, static_cast<int>(i), true});
    ASSERT_TRUE(engine_->step(batch, {}));
    const auto row = engine_->logits(7);
    beside.assign(row.begin(), row.end());
  }
  EXPECT_EQ(beside, alone);
}

TEST_F(LlamaEngineTest, AForkGoesOnLikeItsOrigin) {
  std::vector<TokenId> tokens = tokens_of(kText);
  const auto half = static_cast<int>(tokens.size()) / 2;
  feed(0, tokens);
  ASSERT_TRUE(engine_->fork(0, 1, half));
  const std::vector<float> forked = feed(1, tokens, half);
  EXPECT_EQ(forked, feed(2, tokens));
}

TEST_F(LlamaEngineTest, TruncateForgets) {
  const std::vector<TokenId> tokens = tokens_of(kText);
  const std::vector<float> before = feed(0, tokens);
  ASSERT_TRUE(engine_->truncate(0, 5));
  EXPECT_EQ(feed(0, tokens, 5), before);
}

TEST_F(LlamaEngineTest, ASavedSequenceComesBack) {
  std::vector<TokenId> tokens = tokens_of(kText);
  feed(0, tokens);
  const auto saved = engine_->save(0);
  ASSERT_TRUE(saved);
  ASSERT_TRUE(engine_->restore(3, *saved));
  const auto length = static_cast<int>(tokens.size());
  tokens.push_back(tokens.front());
  const std::vector<float> restored = feed(3, tokens, length);
  EXPECT_EQ(restored, feed(0, tokens, length));
}

TEST_F(LlamaEngineTest, AFullCacheSaysSoAndChangesNothing) {
  std::vector<TokenId> tokens(1024, tokens_of("word").front());
  const std::vector<float> first = feed(0, tokens);
  feed(1, tokens);
  const BatchToken one{tokens.front(), 2, 0, true};
  const Status full = engine_->step({&one, 1}, {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kOverloaded);
  ASSERT_TRUE(engine_->truncate(1, 0));
  ASSERT_TRUE(engine_->step({&one, 1}, {}));
}

TEST_F(LlamaEngineTest, AStoppedStepIsCancelled) {
  std::stop_source source;
  source.request_stop();
  const BatchToken one{1, 0, 0, true};
  const Status stopped = engine_->step({&one, 1}, source.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(engine_->truncate(0, 0));
  EXPECT_TRUE(engine_->step({&one, 1}, {}));
}

}  // namespace
}  // namespace diptych
