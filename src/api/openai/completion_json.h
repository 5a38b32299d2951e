#pragma once
#include <string>

#include "api/openai/completion_run.h"

namespace diptych::openai {

// {"text","index","logprobs","finish_reason"}: an entry of `choices`, whole or streamed.
void append_text_choice(std::string& out, const TextNews& choice);

}  // namespace diptych::openai
