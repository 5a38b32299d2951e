#pragma once
// The body of POST /v1/completions.

#include <optional>
#include <string>
#include <vector>

#include "api/openai/chat_fields.h"
#include "api/openai/prompt_inputs.h"
#include "api/openai/sampling_fields.h"

namespace diptych::openai {

struct CompletionBody {
  std::string model;
  std::vector<PromptInput> prompts;
  int choice_count = 1;
  std::optional<int> best_of;  // ≥ choice_count
  int token_count_max = 16;    // 0: nothing is generated; with echo, the prompt comes back
  bool stream = false, echo = false;
  StreamOptions stream_options;
  std::optional<int> logprobs;  // alternatives per token
  SamplingFields sampling;
  AnswerFormat format;
  CallerFields caller;
  Warnings warnings;

  int generated_count() const {
    return best_of.value_or(choice_count);
  }  // choices computed per prompt
};

extern const BodySchema kCompletionSchema;

Result<CompletionBody> parse_completion_body(std::string_view body, int choices_max);

}  // namespace diptych::openai
