#pragma once
// From logits to the reader: samples the next token of a choice, decides whether it ends, publishes
// the news.

#include <span>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "text/sampling/token_picker.h"
#include "text/scheduler/choice.h"
#include "text/scheduler/scheduler_metrics.h"
#include "text/vocabulary.h"

namespace diptych {

class AnswerWriter {
 public:
  AnswerWriter(const Vocabulary& vocabulary, SchedulerMetrics& metrics);

  // Sets choice.done with the last token. Errors: the model gave nothing to sample from.
  Status write_next(Choice& choice, std::span<const float> logits, Monotonic now);
  // The log-probability of prompt token `position` from the logits at the position before it.
  // Ends the choice where it stands, as a stop string would.
  void stop(Choice& choice);
  void note_prompt_logprob(Ticket& ticket, int position, std::span<const float> logits);

 private:
  struct Ending {
    bool ends = false;
    bool adds_text = true;  // an end token's own text is not part of the answer
  };
  Ending ending_of(const GenerationRequest& request, TokenId token) const;
  Result<TokenId> pick(Choice& choice, std::span<const float> logits);
  // Takes the token into the answer; `logits` empty: nobody asked for its probability.
  void take(Choice& choice, TokenId token, std::span<const float> logits);
  void take_forced(Choice& choice);
  std::span<const TokenId> banned_now(const Choice& choice);
  void note_time(Choice& choice, Monotonic now);
  void publish(Choice& choice);

  const Vocabulary& vocabulary_;
  SchedulerMetrics& metrics_;
  std::vector<TokenId> end_tokens_;
  TokenPicker picker_;
  std::vector<TokenId> banned_;  // reused, as is news_
  Delta news_;
};

}  // namespace diptych
