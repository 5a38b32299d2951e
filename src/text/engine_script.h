#pragma once
// A deterministic engine without a model, for tests: what it says depends on the tokens in a
// sequence and on nothing else, so a wrong position, a bad fork or a lost token changes the answer.
// Latency is virtual; faults come by step number.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "text/engine.h"

namespace diptych {

// Tokens 0 … 255 are the bytes; then kEndToken, kControlToken, then the extra pieces of the script.
class ScriptVocabulary final : public Vocabulary {
 public:
  static constexpr TokenId kEndToken = 256;      // "<|end|>", ends the generation
  static constexpr TokenId kControlToken = 257;  // "<|control|>", no text
  static constexpr TokenId kFirstPiece = 258;

  explicit ScriptVocabulary(const std::vector<std::string>& pieces);
  int size() const override { return static_cast<int>(bytes_.size()); }
  std::vector<TokenId> tokenize(std::string_view text, SpecialTokens special,
                                BosPolicy bos) const override;
  std::vector<TextRange> special_tokens_in(std::string_view) const override { return {}; }
  const std::string& bytes_of(TokenId token) const override;
  const std::string& name_of(TokenId token) const override;
  bool ends_generation(TokenId token) const override { return token == kEndToken; }
  TokenId eos() const override { return kEndToken; }

 private:
  std::vector<std::string> bytes_, names_;
};

struct EngineScript {
  EngineLimits limits{.sequence_count = 24,
                      .context_length = 512,
                      .cell_count = 4096,
                      .step_token_count = 256,
                      .bytes_per_cell = 64};
  std::vector<std::string> pieces;  // tokens of several bytes
  std::uint64_t seed = 1;           // of the pseudo-random logits
  // The most likely token after these (its logit is far above the others); empty: only the random
  // logits, without the end token.
  std::function<TokenId(std::span<const TokenId> tokens)> next;
  std::map<int, ErrorCode> faults;  // 0-based step number → the error it returns
  bool rolls_back = true;           // false: truncate() to anything but 0 is kUnsupported
  // Every step costs step_latency + tokens × token_latency, handed to `wait` (a test advances its
  // clock there).
  Duration step_latency{}, token_latency{};
  std::function<void(Duration)> wait;
  std::function<void(int step)> during_step;  // runs inside step(), before the stop token is read
};

class ScriptEngine final : public Engine {
 public:
  explicit ScriptEngine(EngineScript script);

  const Vocabulary& vocabulary() const override { return vocabulary_; }
  EngineLimits limits() const override { return script_.limits; }
  Status step(std::span<const BatchToken> batch, std::stop_token stop) override;
  std::span<const float> logits(int batch_index) const override;
  Status fork(SequenceId from, SequenceId to, int position_count) override;
  Status truncate(SequenceId sequence, int position_count) override;
  Result<std::string> save(SequenceId sequence) override;
  Status restore(SequenceId sequence, std::string_view saved) override;

  // For the tests' invariants.
  int cells_used() const { return *cells_used_; }
  int step_count() const { return step_count_; }
  std::int64_t token_count() const { return token_count_; }  // computed in all
  const std::vector<int>& batch_sizes() const { return batch_sizes_; }
  std::vector<TokenId> tokens_of(SequenceId sequence) const;

 private:
  struct Cell;  // one position; shared by the sequences forked over it
  using Cells = std::vector<std::shared_ptr<Cell>>;

  Status check(std::span<const BatchToken> batch) const;
  void append(const BatchToken& token);
  void fill_logits(const Cells& cells, std::vector<float>& out) const;

  EngineScript script_;
  ScriptVocabulary vocabulary_;
  std::shared_ptr<int> cells_used_ = std::make_shared<int>(0);
  std::vector<Cells> sequences_;
  std::vector<std::vector<float>> logits_;  // by batch index; empty where none were asked for
  int step_count_ = 0;
  std::int64_t token_count_ = 0;
  std::vector<int> batch_sizes_;
};

}  // namespace diptych
