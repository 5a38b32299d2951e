#include "api/openai/choice_reader.h"

#include <algorithm>
#include <iterator>

#include "api/openai/ids.h"
#include "base/rng.h"

namespace diptych::openai {
namespace {

void append(AnswerDelta& to, AnswerDelta more) {
  to.content += more.content;
  to.reasoning += more.reasoning;
  std::ranges::move(more.calls, std::back_inserter(to.calls));
}

}  // namespace

ChoiceReader::ChoiceReader(const TextModel& model, const ChatPrompt& prompt, bool parallel_calls)
    : model_(model),
      reader_(model.chat_format().make_reader(prompt)),
      parallel_calls_(parallel_calls) {}

ChoicePiece ChoiceReader::feed(Delta delta) {
  ChoicePiece piece;
  if (finish_) return piece;  // what was generated before the scheduler heard of the end
  std::ranges::move(delta.tokens, std::back_inserter(waiting_));
  if (!delta.text.empty()) piece.answer = reader_->feed(delta.text);
  if (delta.finish) append(piece.answer, reader_->finish());
  ended_early_ = !delta.finish && reader_->complete();
  if (ended_early_) delta.finish = FinishReason::kStop;
  keep(piece.answer);
  release_tokens(piece.answer, delta.finish.has_value(), piece.tokens);
  if (delta.finish) finish_ = piece.finish = delta.finish;
  return piece;
}

void ChoiceReader::keep(AnswerDelta& answer) {
  content_ += answer.content;
  reasoning_ += answer.reasoning;
  if (!parallel_calls_)
    std::erase_if(answer.calls, [](const AnswerDelta::Call& call) { return call.index > 0; });
  for (AnswerDelta::Call& call : answer.calls) {
    const auto index = static_cast<std::size_t>(call.index);
    if (index >= calls_.size()) {
      if (call.id.empty()) call.id = random_id(kCallIdPrefix);
      calls_.resize(index + 1);
      calls_[index].id = call.id;
      calls_[index].name = call.name;
    }
    calls_[index].arguments += call.arguments;
  }
}

// While the answer is plain content, a token leaves with its own text, byte by byte. Once tags of
// reasoning or calls were consumed, text and tokens no longer line up; then all that wait leave
// with the next piece.
void ChoiceReader::release_tokens(const AnswerDelta& answer, bool last,
                                  std::vector<TokenLogprob>& out) {
  if (waiting_.empty()) return;
  const bool plain = reasoning_.empty() && calls_.empty();
  const bool any_text =
      !answer.content.empty() || !answer.reasoning.empty() || !answer.calls.empty();
  std::size_t count = 0;
  if (last || (!plain && any_text)) {
    count = waiting_.size();
  } else if (plain) {
    while (count < waiting_.size()) {
      const std::size_t bytes = model_.vocabulary().bytes_of(waiting_[count].token).size();
      if (released_bytes_ + bytes > content_.size()) break;
      released_bytes_ += bytes;
      ++count;
    }
  }
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  out.assign(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
}

int ChoiceReader::reasoning_token_count() const {
  if (reasoning_.empty()) return 0;
  return static_cast<int>(
      model_.vocabulary().tokenize(reasoning_, SpecialTokens::kAsText, BosPolicy::kNever).size());
}

std::string_view finish_word(const ChoiceReader& choice, std::string_view call_word) {
  if (choice.finish() == FinishReason::kLength) return "length";
  return choice.has_calls() ? call_word : "stop";
}

}  // namespace diptych::openai
