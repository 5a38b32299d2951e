#pragma once
// tools, tool_choice, parallel_tool_calls and their legacy forms (functions, function_call) → Tool,
// ToolChoice.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/field.h"
#include "text/chat/chat_format.h"
#include "text/chat/message.h"

namespace diptych::openai {

struct ToolFields {
  std::vector<Tool> tools;
  Json choice;  // as given; null: none
  bool parallel = true;
  bool parallel_given = false;
  std::vector<Tool> functions;  // legacy
  Json function_call;           // legacy; null: none

  bool legacy() const { return !functions.empty(); }
};

// Where the endpoint keeps a function's members: under "function" (chat), or beside "type"
// (responses).
enum class ToolShape { kNested, kFlat };

std::span<const Field> tool_rows();         // chat: tools, tool_choice, parallel_tool_calls
std::span<const Field> legacy_tool_rows();  // functions, function_call

Status parse_tools(const Json& value, ToolShape shape,
                   const FieldSite& site);  // fills a std::vector<Tool>

// Cross-field rules, then the prompt's tools, tool_choice and parallel_tool_calls. Whether
// a call can be forced is seen by forced_calls.h.
Status apply_tools(const ToolFields& fields, ToolShape shape, ChatPromptOptions& prompt);

Status check_tool_name(std::string_view name, std::string_view path);  // [A-Za-z0-9_-]{1,64}

}  // namespace diptych::openai
