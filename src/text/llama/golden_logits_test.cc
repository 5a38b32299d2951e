// Logits of tiny random models against a reference implementation: tests/data/golden/manifest.json
// says which, and tests/golden made them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "text/llama/backend.h"
#include "text/llama/llama_engine.h"
#include "text/llama/llama_handles.h"
#include "text/llama/llama_vocabulary.h"

namespace diptych {
namespace {

const std::string kFolder = DIPTYCH_TEST_DATA "/golden/";

Json read_manifest() {
  auto text = read_file(kFolder + "manifest.json", 1 << 20);
  auto json = text ? parse_json(*text) : Result<Json>(std::unexpected(text.error()));
  return json ? std::move(*json) : Json();
}

struct Golden {
  double tolerance = 0;  // max abs
  std::vector<std::vector<TokenId>> sequences;
  std::vector<float> logits;  // [all positions of all sequences, vocabulary size]
  std::size_t vocabulary_size = 0;
};

Golden read_golden(const Json& manifest, const std::string& name) {
  Golden golden;
  for (const Json& sequence : manifest["sequences"].as_array()) {
    std::vector<TokenId>& tokens = golden.sequences.emplace_back();
    for (const Json& token : sequence.as_array())
      tokens.push_back(static_cast<TokenId>(token.as_int()));
  }
  golden.vocabulary_size = static_cast<std::size_t>(manifest["vocabulary_size"].as_int());
  for (const Json& model : manifest["models"].as_array())
    if (model["name"] == Json(name)) golden.tolerance = model["tolerance_max_abs"].as_double();
  const auto bytes = read_file(kFolder + name + ".logits", 1 << 20);
  if (!bytes) return {};
  golden.logits.resize(bytes->size() / sizeof(float));
  std::memcpy(golden.logits.data(), bytes->data(), golden.logits.size() * sizeof(float));
  return golden;
}

class TinyModel {
 public:
  TinyModel(const std::string& name, bool exact_cache)
      : cores_(make_core_arbiter(1, system_clock())) {
    load_backends();
    model_.reset(llama_model_load_from_file((kFolder + name + ".gguf").c_str(),
                                            llama_model_default_params()));
    if (!model_) return;
    vocabulary_ = std::make_unique<LlamaVocabulary>(model_.get());
    auto engine = make_llama_engine(model_.get(), *vocabulary_, *cores_,
                                    {.cell_count = 256,
                                     .context_length = 256,
                                     .sequence_count = 8,
                                     .step_token_count = 64,
                                     .bytes_per_cell = 1,
                                     .exact_cache = exact_cache});
    if (engine) engine_ = std::move(*engine);
  }
  Engine* engine() { return engine_.get(); }

 private:
  std::unique_ptr<CoreArbiter> cores_;
  LlamaModelPtr model_;
  std::unique_ptr<LlamaVocabulary> vocabulary_;
  std::unique_ptr<Engine> engine_;
};

double max_error(std::span<const float> got, const float* wanted) {
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - wanted[i]);
    error = std::isnan(difference) ? INFINITY : std::max(error, difference);
  }
  return error;
}

// All sequences side by side in one step.
double error_together(Engine& engine, const Golden& golden) {
  std::vector<BatchToken> batch;
  for (std::size_t s = 0; s < golden.sequences.size(); ++s)
    for (std::size_t i = 0; i < golden.sequences[s].size(); ++i)
      batch.push_back({.token = golden.sequences[s][i],
                       .sequence = static_cast<SequenceId>(s),
                       .position = static_cast<std::int32_t>(i),
                       .wants_logits = true});
  if (!engine.step(batch, {})) return INFINITY;
  double error = 0;
  for (std::size_t row = 0; row < batch.size(); ++row)
    error = std::max(error, max_error(engine.logits(static_cast<int>(row)),
                                      &golden.logits[row * golden.vocabulary_size]));
  return error;
}

// One sequence, token by token, as while decoding.
double error_token_by_token(Engine& engine, const Golden& golden) {
  const std::vector<TokenId>& tokens = golden.sequences.back();
  std::size_t row = golden.logits.size() / golden.vocabulary_size - tokens.size();
  double error = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i, ++row) {
    const BatchToken token{.token = tokens[i],
                           .sequence = 7,
                           .position = static_cast<std::int32_t>(i),
                           .wants_logits = true};
    if (!engine.step({&token, 1}, {})) return INFINITY;
    error =
        std::max(error, max_error(engine.logits(0), &golden.logits[row * golden.vocabulary_size]));
  }
  return error;
}

class GoldenLogits : public testing::TestWithParam<const char*> {};

TEST_P(GoldenLogits, MatchTheReference) {
  const Json manifest = read_manifest();
  ASSERT_TRUE(manifest.is_object());
  const Golden golden = read_golden(manifest, GetParam());
  ASSERT_FALSE(golden.logits.empty());
  TinyModel exact(GetParam(), true);
  ASSERT_NE(exact.engine(), nullptr);
  ASSERT_EQ(exact.engine()->vocabulary().size(), static_cast<int>(golden.vocabulary_size));
  const double together = error_together(*exact.engine(), golden);
  const double one_by_one = error_token_by_token(*exact.engine(), golden);
  RecordProperty("max_abs", std::to_string(std::max(together, one_by_one)));
  EXPECT_LE(together, golden.tolerance);
  EXPECT_LE(one_by_one, golden.tolerance);
}

// What the f16 cache that serves requests costs; bench quality states it for real models.
TEST_P(GoldenLogits, StayCloseWithKeysAndValuesInF16) {
  const Json manifest = read_manifest();
  ASSERT_TRUE(manifest.is_object());
  const Golden golden = read_golden(manifest, GetParam());
  TinyModel model(GetParam(), false);
  ASSERT_NE(model.engine(), nullptr);
  EXPECT_LE(error_together(*model.engine(), golden), 1e-2);
  EXPECT_LE(error_token_by_token(*model.engine(), golden), 1e-2);
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenLogits,
                         testing::Values("llama-tied-linear", "llama-untied-rope3", "qwen2-biases",
                                         "gemma-geglu"),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

// The list above is the manifest's: a model added there without a test would prove nothing.
TEST(GoldenManifest, ListsEveryTestedModel) {
  const Json manifest = read_manifest();
  std::vector<std::string> names;
  for (const Json& model : manifest["models"].as_array())
    names.push_back(model["name"].as_string());
  EXPECT_EQ(names, (std::vector<std::string>{"llama-tied-linear", "llama-untied-rope3",
                                             "qwen2-biases", "gemma-geglu"}));
}

}  // namespace
}  // namespace diptych
