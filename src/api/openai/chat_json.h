#pragma once
// Chat answers as JSON text, written straight into the output: a stream formats every token.

#include <string>
#include <string_view>

#include "api/openai/answer_notes.h"
#include "api/openai/choice_reader.h"

namespace diptych::openai {

struct ChoiceFormat {
  const std::string* logprob_items = nullptr;  // nullptr: "logprobs":null
  std::string_view call_word = "tool_calls";   // or "function_call", the legacy form
};

// One entry of `choices` of a chat.completion.
void append_chat_choice(std::string& out, int index, const ChoiceReader& choice,
                        const ChoiceFormat& format);

// One entry of `choices` of a chat.completion.chunk; `delta` is its JSON, finish_reason "" means
// null.
struct ChunkChoice {
  int index = 0;
  std::string_view delta;
  const std::string* logprob_items = nullptr;
  std::string_view finish_reason = {};
};
void append_chunk_choice(std::string& out, const ChunkChoice& choice);

// {"tool_calls":[…]} or {"function_call":{…}} of one streamed piece. The first piece of a call
// carries its name.
std::string call_delta(const AnswerDelta::Call& call, std::string_view call_word);

}  // namespace diptych::openai
