#pragma once
// Holds tool calls to what was asked: a forced choice must be a call, and arguments of a strict
// tool satisfy its schema.

#include "base/error.h"
#include "text/chat/chat_format.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

// After apply_format. 400 at tool_choice or tools: the model's format has no one way to write
// calls, the answer's own format says otherwise, or a tool's schema cannot be enforced.
Status constrain_calls(const ChatPromptOptions& options, const ChatPrompt& prompt, TextModel& model,
                       GenerationRequest& generation, Warnings& warnings);

}  // namespace diptych::openai
