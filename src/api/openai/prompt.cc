#include "api/openai/prompt.h"

#include <fmt/format.h>

#include "api/field.h"
#include "text/chat/prompt_tokens.h"

namespace diptych::openai {

Result<std::shared_ptr<TextModel>> get_text_model(Services& services, std::string_view id) {
  const auto entry = services.models.find(id);
  if (entry && entry->kind != ModelKind::kText)
    return unsupported_value(
        "model",
        fmt::format("The model '{}' makes pictures; this endpoint needs a language model.", id));
  auto model = services.models.text_model(id, services.limits.model_load_wait);
  if (model || model.error().code != ErrorCode::kNotFound) return model;
  return fail(ErrorCode::kNotFound,
              fmt::format("The model '{}' does not exist or you do not have access to it.", id),
              "model", "model_not_found");
}

Result<ChatPrompt> render_prompt(const TextModel& model, const std::vector<ChatMessage>& messages,
                                 const ChatPromptOptions& options, GenerationRequest& generation) {
  TRY(ChatPrompt prompt, model.chat_format().render(messages, options));
  generation.prompt = tokenize_prompt(prompt, model.vocabulary());
  generation.stops.insert(generation.stops.end(), prompt.stops.begin(), prompt.stops.end());
  // The reader of this format finds its calls by control tokens, so they must be in the text.
  if (!prompt.visible_tokens.empty()) generation.keep_special = true;
  return prompt;
}

Status fit_to_context(const TextModel& model, const AnswerLimit& limit,
                      GenerationRequest& generation) {
  const auto context = static_cast<std::size_t>(model.context_length());
  const std::size_t prompt = generation.prompt.size();
  if (prompt == 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': there is nothing to continue.", limit.source),
                std::string(limit.source), "empty_string");
  if (prompt >= context)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("This model's maximum context length is {0} tokens. However, your {2} "
                            "resulted in {1} tokens. Please reduce "
                            "the length of the {2}.",
                            context, prompt, limit.source),
                std::string(limit.source), "context_length_exceeded");
  if (limit.token_count_max && static_cast<std::size_t>(*limit.token_count_max) >= context)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': {} tokens do not fit this model's maximum context "
                            "length of {} tokens beside any prompt.",
                            limit.field, *limit.token_count_max, context),
                std::string(limit.field), "integer_above_max_value");
  const std::size_t room = context - prompt;
  const auto asked =
      limit.token_count_max ? static_cast<std::size_t>(*limit.token_count_max) : room;
  if (asked > room)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("This model's maximum context length is {0} tokens. However, you requested {1} "
                    "tokens ({2} in the {4}, {3} "
                    "in the completion). Please reduce the length of the {4} or the completion.",
                    context, prompt + asked, prompt, asked, limit.source),
        std::string(limit.source), "context_length_exceeded");
  generation.token_count_max = static_cast<int>(asked);
  return {};
}

}  // namespace diptych::openai
