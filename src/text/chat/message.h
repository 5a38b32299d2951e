#pragma once
// A conversation as the model's template sees it: already validated and flattened to text.

#include <optional>
#include <string>
#include <vector>

namespace diptych {

struct ToolCall {
  std::string id;         // "call_…"
  std::string name;
  std::string arguments;  // JSON text
};

struct ChatMessage {
  std::string role;       // system | developer | user | assistant | tool
  std::string content;    // text parts joined by "\n"
  std::string name;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;  // assistant
  std::string tool_call_id;          // tool
};

struct Tool {
  std::string name;
  std::string description;
  std::string parameters;  // JSON Schema text; "" = no arguments
  bool strict = false;     // arguments are held to the schema
};

enum class ToolChoice { kAuto, kNone, kRequired };

}  // namespace diptych
