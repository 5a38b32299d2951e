#include "api/testing/fake_text.h"

#include <algorithm>

namespace diptych::testing {
namespace {

class FakeStream final : public Stream {
 public:
  explicit FakeStream(std::shared_ptr<StreamScript> script) : script_(std::move(script)) {}
  ~FakeStream() override { script_->destroyed = true; }

  void on_ready(std::function<void()> wake) override { script_->wake = std::move(wake); }
  Result<std::optional<Delta>> poll() override {
    if (script_->waits) return std::optional<Delta>();
    if (script_->deltas.empty()) {
      if (script_->open_ended) return std::optional<Delta>();
      ended_ = true;
      if (script_->error) return fail(*script_->error);
      return std::optional<Delta>();
    }
    std::optional<Delta> delta = std::move(script_->deltas.front());
    script_->deltas.pop_front();
    return delta;
  }
  void end_choice(int choice) override { script_->ended_choices.push_back(choice); }
  bool done() const override {
    return !script_->waits && !script_->open_ended &&
           (ended_ || (script_->deltas.empty() && !script_->error));
  }
  GenerationUsage usage() const override { return script_->usage; }
  // As the scheduler: known once the work has ended, not with the last delta.
  GenerationTimes times() const override { return ended_ ? script_->times : GenerationTimes{}; }

 private:
  std::shared_ptr<StreamScript> script_;
  bool ended_ = false;
};

class FakeReader final : public AnswerReader {
 public:
  explicit FakeReader(bool parallel_calls) : parallel_calls_(parallel_calls) {}
  AnswerDelta feed(std::string_view text) override {
    held_ += text;
    AnswerDelta out;
    while (step(out, false)) {
    }
    return out;
  }
  AnswerDelta finish() override {
    AnswerDelta out;
    while (step(out, true)) {
    }
    return out;
  }
  bool has_calls() const override { return call_index_ >= 0; }
  bool complete() const override {
    return !parallel_calls_ && call_index_ >= 0 && inside_ != Inside::kCall;
  }

 private:
  enum class Inside { kContent, kThought, kCall };

  // Consumes one piece: text before a tag, or a tag. False: nothing more can be said yet.
  bool step(AnswerDelta& out, bool last) {
    if (held_.empty() || complete()) return false;
    if (held_.front() != '<') {
      emit(out, take(std::min(held_.find('<'), held_.size())));
      return true;
    }
    const std::size_t end = held_.find('>');
    if (end == std::string::npos) {
      if (last) emit(out, take(held_.size()));
      return false;
    }
    open_tag(out, take(end + 1));
    return true;
  }

  std::string take(std::size_t count) {
    std::string taken = held_.substr(0, count);
    held_.erase(0, count);
    return taken;
  }

  void emit(AnswerDelta& out, const std::string& text) {
    if (inside_ == Inside::kContent) out.content += text;
    if (inside_ == Inside::kThought) out.reasoning += text;
    if (inside_ == Inside::kCall) out.calls.push_back({.index = call_index_, .arguments = text});
  }

  void open_tag(AnswerDelta& out, const std::string& tag) {
    if (tag == "<think>") {
      inside_ = Inside::kThought;
    } else if (tag.starts_with("<call ")) {
      inside_ = Inside::kCall;
      ++call_index_;
      out.calls.push_back({.index = call_index_,
                           .id = "call_" + std::to_string(call_index_),
                           .name = tag.substr(6, tag.size() - 7)});
    } else if (tag == "</think>" || tag == "</call>") {
      inside_ = Inside::kContent;
    } else {
      emit(out, tag);
    }
  }

  const bool parallel_calls_;
  std::string held_;
  Inside inside_ = Inside::kContent;
  int call_index_ = -1;
};

}  // namespace

FakeVocabulary::FakeVocabulary(std::vector<std::string> pieces) {
  for (int byte = 0; byte < 256; ++byte) bytes_.emplace_back(1, static_cast<char>(byte));
  bytes_.emplace_back();
  for (std::string& piece : pieces) bytes_.push_back(std::move(piece));
}

std::vector<TokenId> FakeVocabulary::tokenize(std::string_view text, SpecialTokens,
                                              BosPolicy) const {
  std::vector<TokenId> tokens;
  while (!text.empty()) {
    TokenId best = static_cast<unsigned char>(text.front());
    for (TokenId piece = kFirstPiece; piece < size(); ++piece)
      if (text.starts_with(bytes_of(piece)) && bytes_of(piece).size() > bytes_of(best).size())
        best = piece;
    tokens.push_back(best);
    text.remove_prefix(bytes_of(best).size());
  }
  return tokens;
}

std::deque<Delta> say(const std::vector<std::string>& pieces, FinishReason finish, int choice) {
  std::deque<Delta> deltas;
  for (const std::string& piece : pieces)
    deltas.push_back({.choice = choice, .text = piece, .token_count = 1});
  deltas.push_back({.choice = choice, .token_count = 1, .finish = finish});
  return deltas;
}

std::shared_ptr<StreamScript> FakeScheduler::next_says(std::deque<Delta> deltas) {
  auto script = std::make_shared<StreamScript>();
  script->deltas = std::move(deltas);
  scripts.push_back(script);
  return script;
}

Result<std::unique_ptr<Stream>> FakeScheduler::submit(GenerationRequest request) {
  if (refusal) return fail(*refusal);
  const int choice_count = request.choice_count;
  requests.push_back(std::move(request));
  if (scripts.empty()) {
    auto script = std::make_shared<StreamScript>();
    for (int choice = 0; choice < choice_count; ++choice)
      std::ranges::move(say({"ok"}, FinishReason::kStop, choice),
                        std::back_inserter(script->deltas));
    scripts.push_back(script);
  }
  auto script = scripts.front();
  scripts.pop_front();
  return std::make_unique<FakeStream>(std::move(script));
}

Result<ChatPrompt> FakeChatFormat::render(const std::vector<ChatMessage>& messages,
                                          const ChatPromptOptions& prompt_options) const {
  if (refusal) return fail(*refusal);
  rendered = messages;
  options = prompt_options;
  ChatPrompt prompt;
  for (const ChatMessage& message : messages)
    prompt.text += message.role + ": " + message.content + "\n";
  prompt.stops = {"<|end|>"};
  if (!prompt_options.tools.empty() && !knows_tools)
    prompt.warnings.push_back({"tools", "A generic tool prompt was used."});
  return prompt;
}

std::unique_ptr<AnswerReader> FakeChatFormat::make_reader(const ChatPrompt&) const {
  return std::make_unique<FakeReader>(options.parallel_tool_calls);
}

Result<Embedding> FakeTextModel::embed(const std::vector<TokenId>& tokens, std::stop_token stop) {
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the embedding was cancelled");
  ++embedding_count;
  if (during_embedding) during_embedding();
  return Embedding{
      .values = {static_cast<float>(tokens.size()), static_cast<float>(tokens.front())},
      .token_count = static_cast<int>(tokens.size())};
}

}  // namespace diptych::testing
