#pragma once
// Token counts in the words of the two API families.

#include <string>

#include "base/json.h"
#include "text/generation.h"

namespace diptych::openai {

struct TokenCounts {
  int prompt = 0;      // once, however many choices
  int cached = 0;      // of prompt
  int completion = 0;  // all choices, reasoning included
  int reasoning = 0;   // of completion

  void add(const GenerationUsage& usage);  // of one stream
};

Json chat_usage(
    const TokenCounts& counts);  // prompt_tokens, completion_tokens, total_tokens, details
Json responses_usage(
    const TokenCounts& counts);  // input_tokens, output_tokens, total_tokens, details
Json timing_object(const GenerationTimes& times);  // {queue_ms, prefill_ms, decode_ms}

}  // namespace diptych::openai
