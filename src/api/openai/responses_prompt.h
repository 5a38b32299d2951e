#pragma once
// From a parsed request to everything a generation needs: the conversation, its prompt and its
// limits.

#include <memory>
#include <string>
#include <vector>

#include "api/call.h"
#include "api/openai/responses_request.h"
#include "api/services.h"
#include "base/json.h"
#include "text/chat/chat_format.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

struct PreparedResponse {
  std::shared_ptr<TextModel> model;
  ChatPrompt prompt;
  ChatPromptOptions options;
  GenerationRequest generation;
  Json input_items = Json::array();  // this turn's own, with ids
  std::string user_text;             // of the last message that a user wrote; "": none
};

// Reads the chain from the store and renders. With truncation "auto" the oldest items are left out,
// with a warning, until the prompt and the answer fit.
Result<PreparedResponse> prepare_response(const ResponseRequest& request, const Call& call,
                                          Services& services, Warnings& warnings);

}  // namespace diptych::openai
