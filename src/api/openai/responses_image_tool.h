#pragma once
// The tool image_generation of /v1/responses: pictures drawn here, by this server's own models.

#include <optional>
#include <string_view>

#include "api/field.h"
#include "api/openai/image_fields.h"
#include "base/json.h"
#include "text/chat/message.h"

namespace diptych::openai {

inline constexpr std::string_view kImageTool = "image_generation";

struct ImageTool {
  ImageBody body;  // without its prompt
};

bool is_image_tool(const Json& tool);
// The tool among `tools`, if it is there; twice is an error. Other tools are not looked at.
Result<std::optional<ImageTool>> parse_image_tool(const Json& tools, const FieldSite& site);
Json shown_image_tool(const Json& given);  // with the members that clients expect

// What the text model is offered: a function that takes a prompt.
Tool image_function();

}  // namespace diptych::openai
