#include "text/scheduler/answer_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace diptych {
namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void clear(Delta& delta, int choice) {  // keeps the memory
  delta.choice = choice;
  delta.text.clear();
  delta.tokens.clear();
  delta.prompt_tokens.clear();
  delta.token_count = 0;
  delta.finish.reset();
  delta.stop_matched.clear();
}

}  // namespace

AnswerWriter::AnswerWriter(const Vocabulary& vocabulary, SchedulerMetrics& metrics)
    : vocabulary_(vocabulary), metrics_(metrics) {
  for (TokenId token = 0; token < vocabulary.size(); ++token)
    if (vocabulary.ends_generation(token)) end_tokens_.push_back(token);
}

Result<TokenId> AnswerWriter::pick(Choice& choice, std::span<const float> logits) {
  SamplePoint point{.choice = choice.index,
                    .tokens = choice.tokens,
                    .prompt_count = choice.ticket->prompt_count(),
                    .banned = banned_now(choice),
                    .allowed = {}};
  if (choice.matcher) {
    TRY(point.allowed, choice.matcher->mask());
  }
  TRY(const TokenId token, picker_.pick(logits, choice.ticket->request.sampling, point));
  if (choice.matcher) TRY_STATUS(choice.matcher->accept(token));
  return token;
}

void AnswerWriter::take(Choice& choice, TokenId token, std::span<const float> logits) {
  const GenerationRequest& request = choice.ticket->request;
  const bool before_min = choice.generated() < request.token_count_min;
  choice.tokens.push_back(token);
  ++choice.unreported_tokens;
  ++choice.ticket->usage.completion_tokens;
  metrics_.generated_tokens.add();

  const Ending ending = ending_of(request, token);
  bool stopped = ending.ends;
  if (ending.adds_text) {
    std::optional<TokenLogprob> logprob;
    if (request.top_logprob_count >= 0)
      logprob = picker_.logprob(logits, token, request.top_logprob_count);
    const auto stops = before_min ? TextAssembler::Stops::kIgnore : TextAssembler::Stops::kMatch;
    stopped = choice.text.push(token, std::move(logprob), stops, news_) || stopped;
  }
  if (stopped) {
    news_.finish = FinishReason::kStop;
  } else if (choice.generated() >= request.token_count_max) {
    news_.finish = FinishReason::kLength;
  }
}

// What must come next whatever is chosen is not sampled: it is computed together with the token
// before it, in one step.
void AnswerWriter::take_forced(Choice& choice) {
  if (!choice.matcher || choice.ticket->request.top_logprob_count >= 0) return;
  for (const TokenId token : choice.matcher->forced_tokens()) {
    if (news_.finish || !choice.matcher->accept(token)) return;
    take(choice, token, {});
  }
}

Status AnswerWriter::write_next(Choice& choice, std::span<const float> logits, Monotonic now) {
  TRY(const TokenId token, pick(choice, logits));
  choice.phase = Choice::Phase::kAnswer;
  clear(news_, choice.index);
  take(choice, token, logits);
  note_time(choice, now);
  take_forced(choice);
  publish(choice);
  return {};
}

void AnswerWriter::stop(Choice& choice) {
  clear(news_, choice.index);
  news_.finish = FinishReason::kStop;
  publish(choice);
}

AnswerWriter::Ending AnswerWriter::ending_of(const GenerationRequest& request,
                                             TokenId token) const {
  const bool end_token = !request.ignore_end && vocabulary_.ends_generation(token);
  const bool stop_token =
      std::ranges::find(request.stop_tokens, token) != request.stop_tokens.end();
  if (!end_token && !stop_token) return {};
  return {.ends = true, .adds_text = request.include_stop};
}

std::span<const TokenId> AnswerWriter::banned_now(const Choice& choice) {
  const GenerationRequest& request = choice.ticket->request;
  banned_.clear();
  if (choice.generated() >= request.token_count_min) return banned_;
  if (!request.ignore_end) banned_ = end_tokens_;
  banned_.insert(banned_.end(), request.stop_tokens.begin(), request.stop_tokens.end());
  return banned_;
}

void AnswerWriter::note_time(Choice& choice, Monotonic now) {
  Ticket& ticket = *choice.ticket;
  if (choice.generated() > 1) {
    metrics_.inter_token_seconds.observe(in_seconds(now - choice.last_token));
  } else if (!ticket.first_token) {
    ticket.first_token = now;
    metrics_.first_token_seconds.observe(in_seconds(now - ticket.submitted));
  }
  choice.last_token = now;
}

void AnswerWriter::publish(Choice& choice) {
  Ticket& ticket = *choice.ticket;
  if (news_.finish) {
    choice.text.finish(news_);
    choice.done = true;
  }
  if (choice.index == 0) news_.prompt_tokens = std::exchange(ticket.prompt_logprobs, {});
  const bool something =
      news_.finish || !news_.text.empty() || !news_.tokens.empty() || !news_.prompt_tokens.empty();
  if (!something) return;
  news_.token_count = std::exchange(choice.unreported_tokens, 0);
  ticket.channel.publish(news_, ticket.usage);
}

void AnswerWriter::note_prompt_logprob(Ticket& ticket, int position,
                                       std::span<const float> logits) {
  const auto at = static_cast<std::size_t>(position);
  auto& known = ticket.prompt_logprobs;
  if (known.empty())
    known.push_back({.token = ticket.request.prompt[0],
                     .logprob = std::numeric_limits<float>::quiet_NaN(),
                     .top = {}});
  if (known.size() != at) return;  // computed again after a pause
  known.push_back(picker_.logprob(logits, ticket.request.prompt[at],
                                  std::max(0, ticket.request.top_logprob_count)));
}

}  // namespace diptych
