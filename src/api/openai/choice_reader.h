#pragma once
// One choice's answer while it comes: text → content, reasoning, tool calls; and which tokens
// belong to which piece.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat/chat_format.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

struct ChoicePiece {  // what one Delta brought
  AnswerDelta answer;
  std::vector<TokenLogprob>
      tokens;  // every token of the choice comes in exactly one piece, in order
  std::optional<FinishReason> finish;

  bool empty() const {
    return answer.content.empty() && answer.reasoning.empty() && answer.calls.empty() &&
           tokens.empty() && !finish;
  }
};

// Not thread-safe; one per choice. The model must outlive it.
class ChoiceReader {
 public:
  // parallel_calls false: the answer ends with its first call.
  ChoiceReader(const TextModel& model, const ChatPrompt& prompt, bool parallel_calls);

  ChoicePiece feed(Delta delta);
  bool has_calls() const { return !calls_.empty(); }
  bool finished() const { return finish_.has_value(); }
  // The answer is over before its generation is (parallel_calls): end that, too.
  bool ended_early() const { return ended_early_; }

  // Everything so far.
  const std::string& content() const { return content_; }
  const std::string& reasoning() const { return reasoning_; }
  const std::vector<ToolCall>& calls() const { return calls_; }
  FinishReason finish() const { return finish_.value_or(FinishReason::kLength); }
  int reasoning_token_count() const;  // counted from the text; 0 without reasoning

 private:
  void keep(AnswerDelta& answer);
  void release_tokens(const AnswerDelta& answer, bool last, std::vector<TokenLogprob>& out);

  const TextModel& model_;
  std::unique_ptr<AnswerReader> reader_;
  bool parallel_calls_;
  std::string content_, reasoning_;
  std::vector<ToolCall> calls_;
  std::vector<TokenLogprob> waiting_;  // their text is still held back by reader_
  std::size_t released_bytes_ = 0;     // of text whose tokens are out
  std::optional<FinishReason> finish_;
  bool ended_early_ = false;
};

// "stop", "length", "tool_calls" (or its legacy word).
std::string_view finish_word(const ChoiceReader& choice, std::string_view call_word = "tool_calls");

}  // namespace diptych::openai
