#pragma once
// A language model without a model, for tests of the API: every answer is written out by the test.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "text/model.h"

namespace diptych::testing {

// Tokens 0 … 255 are the bytes; 256 ends the generation; then the pieces given.
class FakeVocabulary final : public Vocabulary {
 public:
  static constexpr TokenId kEnd = 256, kFirstPiece = 257;
  explicit FakeVocabulary(std::vector<std::string> pieces = {});

  int size() const override { return static_cast<int>(bytes_.size()); }
  std::vector<TokenId> tokenize(std::string_view text, SpecialTokens special,
                                BosPolicy bos) const override;  // longest piece first
  std::vector<TextRange> special_tokens_in(std::string_view) const override { return {}; }
  const std::string& bytes_of(TokenId token) const override {
    return bytes_[static_cast<std::size_t>(token)];
  }
  const std::string& name_of(TokenId token) const override {
    return token == kEnd ? end_name_ : bytes_of(token);
  }
  bool ends_generation(TokenId token) const override { return token == kEnd; }
  TokenId eos() const override { return kEnd; }

 private:
  std::vector<std::string> bytes_;
  std::string end_name_ = "<|end|>";
};

// What one stream will say, and what became of it. Shared by the stream and the test.
struct StreamScript {
  std::deque<Delta> deltas;    // delivered one a poll
  std::optional<Error> error;  // after the deltas
  bool open_ended = false;     // true: when no deltas are left, poll() says "nothing yet"
  bool waits = false;  // true: poll() says "nothing yet" until the test clears it and calls wake
  GenerationUsage usage{.prompt_tokens = 5, .cached_tokens = 2, .completion_tokens = 3};
  GenerationTimes times{.queued = std::chrono::microseconds(100),
                        .prefill = std::chrono::milliseconds(2),
                        .decode = std::chrono::milliseconds(30)};
  std::function<void()> wake;
  bool destroyed = false;
  std::vector<int> ended_choices;  // by end_choice()
};

// Deltas of one choice, from pieces of text; the last one finishes it.
std::deque<Delta> say(const std::vector<std::string>& pieces,
                      FinishReason finish = FinishReason::kStop, int choice = 0);

class FakeScheduler final : public Scheduler {
 public:
  std::deque<std::shared_ptr<StreamScript>> scripts;  // taken by submit() in turn; when empty: "ok"
  std::vector<GenerationRequest> requests;            // every one that was submitted
  std::optional<Error> refusal;
  SchedulerLoad load_value{.active = 1, .queued = 2, .slots = 16};

  std::shared_ptr<StreamScript> next_says(std::deque<Delta> deltas);  // adds a script

  Result<std::unique_ptr<Stream>> submit(GenerationRequest request) override;
  SchedulerLoad load() const override { return load_value; }
  void run(std::stop_token) override {}
  void drain() override {}
};

// Renders "role: content\n" a message. Reads "<think>…</think>" as reasoning and "<call
// NAME>ARGUMENTS</call>" as calls.
class FakeChatFormat final : public ChatFormat {
 public:
  bool knows_tools = true;
  mutable std::vector<ChatMessage> rendered;
  mutable ChatPromptOptions options;
  std::optional<Error> refusal;

  Result<ChatPrompt> render(const std::vector<ChatMessage>& messages,
                            const ChatPromptOptions& options) const override;
  std::unique_ptr<AnswerReader> make_reader(const ChatPrompt& prompt) const override;
  bool template_knows_tools() const override { return knows_tools; }
};

class FakeTextModel final : public TextModel {
 public:
  explicit FakeTextModel(std::string id, std::vector<std::string> pieces = {})
      : id_(std::move(id)), vocabulary_(std::move(pieces)) {}

  FakeScheduler fake_scheduler;
  FakeChatFormat format;
  int context = 1000;
  std::function<void()> during_embedding;
  int embedding_count = 0;

  const std::string& id() const override { return id_; }
  const ModelFacts& facts() const override { return facts_; }
  int context_length() const override { return context; }
  const std::string& fingerprint() const override { return fingerprint_; }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  const ChatFormat& chat_format() const override { return format; }
  AnswerGrammars& grammars() override { return grammars_; }
  Scheduler& scheduler() override { return fake_scheduler; }
  Result<Embedding> embed(const std::vector<TokenId>& tokens,
                          std::stop_token stop) override;  // {token count, first token}

 private:
  std::string id_, fingerprint_ = "fp_test";
  ModelFacts facts_{.architecture = "fake",
                    .name = "Fake",
                    .quantization = "Q4_1",
                    .context_length = 1000,
                    .vocabulary_size = 257,
                    .embedding_length = 2};
  FakeVocabulary vocabulary_;
  AnswerGrammars grammars_{vocabulary_};
};

}  // namespace diptych::testing
