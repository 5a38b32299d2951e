#pragma once
// The body of POST /v1/chat/completions.

#include <optional>
#include <string>
#include <vector>

#include "api/openai/answer_format.h"
#include "api/openai/sampling_fields.h"
#include "api/openai/tools.h"
#include "text/chat/chat_format.h"

namespace diptych::openai {

struct StreamOptions {
  bool given = false;
  bool include_usage = false;
};
Status parse_stream_options(const Json& value, const FieldSite& site);  // into StreamOptions
extern const BodySchema kStreamOptionsSchema;

struct TemplateFields {  // how the conversation becomes a prompt
  bool add_generation_prompt = true;
  bool enable_thinking = true;
  std::vector<std::pair<std::string, std::string>> kwargs;  // name, JSON text
};
std::span<const Field> template_rows();  // fill TemplateFields

struct ChatBody {
  std::string model;
  std::vector<ChatMessage> messages;
  int choice_count = 1;
  std::optional<int> max_completion_tokens, max_tokens;
  bool stream = false, store = false, logprobs = false;
  StreamOptions stream_options;
  std::optional<int> top_logprobs;
  SamplingFields sampling;
  CallerFields caller;
  ToolFields tools;
  TemplateFields prompt;
  AnswerFormat format;
  Warnings warnings;
};

extern const BodySchema kChatSchema;

// Parses and applies the rules between fields.
Result<ChatBody> parse_chat_body(std::string_view body, int choices_max);

// Rules that other bodies share.
Status check_stream_options(const StreamOptions& options, bool stream);
Status check_choice_count(int choice_count, int choices_max);

}  // namespace diptych::openai
