#pragma once
// From a parsed request to tokens that fit the model: what chat, completions and responses do
// alike.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/services.h"
#include "text/chat/chat_format.h"
#include "text/generation.h"
#include "text/model.h"

namespace diptych::openai {

// Loads the model if need be, waiting as long as the limits allow. Unknown: 404 model_not_found;
// one that makes no text: 400.
Result<std::shared_ptr<TextModel>> get_text_model(Services& services, std::string_view id);

// Renders and tokenises; the generation gets the prompt's tokens and the format's own stop strings.
Result<ChatPrompt> render_prompt(const TextModel& model, const std::vector<ChatMessage>& messages,
                                 const ChatPromptOptions& options, GenerationRequest& generation);

struct AnswerLimit {
  std::optional<int> token_count_max;     // as asked; none: all the room that is left
  std::string_view field = "max_tokens";  // what asked for it
  std::string_view source = "messages";   // what holds the prompt, for the error's words and param
};

// Sets generation.token_count_max. 400 context_length_exceeded with both numbers when prompt and
// answer do not fit: the answer is never cut short silently.
Status fit_to_context(const TextModel& model, const AnswerLimit& limit,
                      GenerationRequest& generation);

}  // namespace diptych::openai
