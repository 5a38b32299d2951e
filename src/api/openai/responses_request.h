#pragma once
// The body of POST /v1/responses (and of /v1/responses/input_tokens), parsed and checked field by
// field.

#include <optional>
#include <string>

#include "api/field.h"
#include "api/openai/chat_fields.h"
#include "api/openai/responses_image_tool.h"
#include "api/openai/sampling_fields.h"
#include "api/openai/tools.h"
#include "base/json.h"

namespace diptych::openai {

struct ResponseRequest {
  std::string model;
  Json input;  // string or array; responses_input.h reads it
  std::optional<std::string> instructions;
  std::string previous_response_id;  // "": none
  bool store = true, background = false, stream = false, stream_options = false;
  std::optional<int> max_output_tokens;
  int top_logprobs = 0;
  bool include_logprobs = false;
  bool drop_oldest = false;  // truncation: auto
  SamplingFields sampling;
  CallerFields caller;
  ToolFields tools;
  std::optional<ImageTool> image_tool;
  bool force_image = false;  // tool_choice asks for a picture, whatever the text model thinks
  TemplateFields prompt;
  AnswerFormat format;
  Json shown_format;                 // text.format as asked; null: not given
  Json tools_given = Json::array();  // for the answer's `tools`
};

extern const BodySchema kResponseSchema;

Status parse_response_request(std::string_view body, ResponseRequest& request, Warnings& warnings);

// The values that `include` may have; an unknown one is an error that lists them.
Status check_include(std::string_view value, std::string_view path);

}  // namespace diptych::openai
