#include "api/openai/completion_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "api/openai/answer_notes.h"
#include "api/openai/completion_json.h"
#include "api/openai/ids.h"
#include "api/openai/prompt.h"

namespace diptych::openai {

CompletionRun::CompletionRun(CompletionBody body, Services& services,
                             std::shared_ptr<TextModel> model)
    : model_(std::move(model)),
      body_(std::move(body)),
      head_(make_head(kCompletionIdPrefix, *model_, body_.caller.service_tier, services.clock)),
      streams_(body_.generated_count()),
      prompt_tokens_(body_.prompts.size()) {}

Result<std::unique_ptr<CompletionRun>> CompletionRun::start(CompletionBody body, const Call& call,
                                                            Services& services) {
  TRY(auto model, get_text_model(services, body.model));
  std::unique_ptr<CompletionRun> run(
      new CompletionRun(std::move(body), services, std::move(model)));
  for (std::size_t i = 0; i < run->body_.prompts.size(); ++i)
    TRY_STATUS(run->submit_prompt(i, call, services));
  return run;
}

Status CompletionRun::submit_prompt(std::size_t index, const Call& call, const Services& services) {
  const std::string path = body_.prompts.size() == 1 ? "prompt" : fmt::format("prompt[{}]", index);
  TRY(InputTokens input, tokenize_input(body_.prompts[index], *model_, path));
  prompt_texts_.push_back(std::move(input.text));
  GenerationRequest generation;
  generation.prompt = std::move(input.tokens);
  // The engine always draws one token; with max_tokens 0 it is computed for the prompt's sake and
  // left out.
  const int token_count_max = std::max(1, body_.token_count_max);
  TRY_STATUS(
      fit_to_context(*model_, {.token_count_max = token_count_max, .source = path}, generation));
  TRY_STATUS(apply_sampling(body_.sampling, *model_, call.caller, generation));
  TRY_STATUS(apply_format(body_.format, *model_, generation, body_.warnings));
  generation.choice_count = body_.generated_count();
  const bool scored = body_.best_of.has_value();
  generation.top_logprob_count = body_.logprobs ? *body_.logprobs : (scored ? 0 : -1);
  generation.prompt_logprobs = body_.echo && body_.logprobs;
  generation.priority = priority_of_tier(body_.caller.service_tier);
  generation.timeout = services.limits.request_timeout;
  for (int i = 0; i < generation.choice_count; ++i) choices_.emplace_back(model_->vocabulary());
  TRY(auto stream, model_->scheduler().submit(std::move(generation)));
  streams_.add(std::move(stream));
  return {};
}

// The first news of a choice brings the echo with it.
void CompletionRun::open(Choice& choice, std::size_t prompt, std::string& text) {
  if (choice.opened) return;
  choice.opened = true;
  if (!body_.echo) return;
  text += prompt_texts_[prompt];
  choice.logprobs.add(prompt_tokens_[prompt]);
}

Result<std::optional<int>> CompletionRun::read_one(std::string& text) {
  TRY(auto delta, streams_.poll());
  if (!delta) return std::optional<int>();
  Choice& choice = choices_[static_cast<std::size_t>(delta->choice)];
  const auto prompt = static_cast<std::size_t>(delta->choice / body_.generated_count());
  if (!delta->prompt_tokens.empty()) prompt_tokens_[prompt] = std::move(delta->prompt_tokens);
  open(choice, prompt, text);
  if (body_.token_count_max > 0) {
    text += delta->text;
    choice.logprobs.add(delta->tokens);
    for (const TokenLogprob& token : delta->tokens) choice.own_sum += token.logprob;
    choice.own_count += static_cast<int>(delta->tokens.size());
  }
  if (delta->finish)
    choice.finish = body_.token_count_max > 0 ? *delta->finish : FinishReason::kLength;
  return std::optional<int>(delta->choice);
}

Result<std::optional<TextNews>> CompletionRun::next() {
  TextNews news;
  TRY(const auto index, read_one(news.text));
  if (!index) return std::optional<TextNews>();
  Choice& choice = choices_[static_cast<std::size_t>(*index)];
  news.index = *index;
  if (body_.logprobs && !choice.logprobs.empty()) news.logprobs = choice.logprobs.take();
  news.finish = choice.finish;
  return std::optional<TextNews>(std::move(news));
}

Status CompletionRun::read_all() {
  for (;;) {
    std::string text;
    TRY(const auto index, read_one(text));
    if (!index) return {};
    choices_[static_cast<std::size_t>(*index)].text += text;
  }
}

// Of the choices computed for a prompt, those to answer: all, or with best_of the n of the highest
// mean log probability.
std::vector<std::size_t> CompletionRun::best_choices(std::size_t prompt) const {
  std::vector<std::size_t> order(static_cast<std::size_t>(body_.generated_count()));
  std::iota(order.begin(), order.end(), prompt * order.size());
  if (!body_.best_of) return order;
  const auto score = [&](std::size_t index) {
    const Choice& choice = choices_[index];
    return choice.own_count == 0 ? 0.0 : choice.own_sum / choice.own_count;
  };
  std::ranges::stable_sort(order, std::greater<>(), score);
  order.resize(static_cast<std::size_t>(body_.choice_count));
  return order;
}

TokenCounts CompletionRun::counts() const {
  TokenCounts counts = streams_.counts();
  if (body_.token_count_max == 0) counts.completion = 0;
  return counts;
}

std::string CompletionRun::answer_json() {
  std::string out = fmt::format(R"({{{},"choices":[)", head_members(head_, "text_completion"));
  int index = 0;
  for (std::size_t prompt = 0; prompt < body_.prompts.size(); ++prompt)
    for (const std::size_t chosen : best_choices(prompt)) {
      Choice& choice = choices_[chosen];
      if (index > 0) out += ',';
      append_text_choice(out, {.index = index++,
                               .text = choice.text,
                               .logprobs = body_.logprobs ? choice.logprobs.take() : std::string(),
                               .finish = choice.finish.value_or(FinishReason::kLength)});
    }
  out += "],\"usage\":" + dump_json(chat_usage(counts()));
  out += ",\"x_diptych\":" + diptych_note(times(), body_.warnings) + "}";
  return out;
}

}  // namespace diptych::openai
