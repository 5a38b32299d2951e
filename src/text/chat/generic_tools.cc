#include "text/chat/generic_tools.h"

#include <utility>

#include "base/json.h"

namespace diptych {
namespace {

Json json_or_text(const std::string& text, Json fallback) {
  if (text.empty()) return fallback;
  auto parsed = parse_json(text);
  return parsed ? std::move(*parsed) : Json(text);
}

std::string describe(const Tool& tool) {
  Json function = Json::object({{"name", tool.name}});
  if (!tool.description.empty()) function.set("description", tool.description);
  function.set("parameters",
               json_or_text(tool.parameters,
                            Json::object({{"type", "object"}, {"properties", Json::object()}})));
  return dump_json(function);
}

std::string call_text(const ToolCall& call) {
  const Json json = Json::object(
      {{"name", call.name}, {"arguments", json_or_text(call.arguments, Json::object())}});
  return "<tool_call>" + dump_json(json) + "</tool_call>";
}

std::string result_text(const ChatMessage& message) {
  std::string text = "<tool_response>";
  if (!message.name.empty()) text += message.name + " returned: ";
  return text + message.content + "</tool_response>";
}

}  // namespace

std::string generic_tool_prompt(const ChatPromptOptions& options) {
  std::string text =
      "You can call functions. Each line below is the JSON description of one function:\n<tools>\n";
  for (const Tool& tool : options.tools) text += describe(tool) + "\n";
  text +=
      "</tools>\nTo call a function, answer with one line of exactly this form and nothing after "
      "it:\n"
      "<tool_call>{\"name\": \"the function's name\", \"arguments\": {\"parameter\": \"value\"}}"
      "</tool_call>\n"
      "The result comes back between <tool_response> and </tool_response>.";
  if (options.parallel_tool_calls)
    text += " To call several functions, write one such line for each.";
  else
    text += " Call at most one function.";
  if (!options.forced_tool.empty())
    text += " Now you must call the function " + options.forced_tool + ".";
  else if (options.tool_choice == ToolChoice::kRequired)
    text += " Now you must call a function.";
  else
    text += " If no function helps, answer in plain text.";
  return text;
}

ChatPrompt::CallSyntax generic_call_syntax() {
  return {.begin = "<tool_call>{\"name\": \"",
          .middle = "\", \"arguments\": ",
          .end = "}</tool_call>",
          .separator = "\n"};
}

std::vector<ChatMessage> with_calls_as_text(std::vector<ChatMessage> messages) {
  std::vector<ChatMessage> plain;
  bool after_result = false;
  for (ChatMessage& message : messages) {
    if (message.role == "tool") {
      const std::string text = result_text(message);
      if (after_result)
        plain.back().content += "\n" + text;
      else
        plain.push_back({.role = "user", .content = text});
      after_result = true;
      continue;
    }
    for (const ToolCall& call : message.tool_calls) {
      if (!message.content.empty()) message.content += "\n";
      message.content += call_text(call);
    }
    message.tool_calls.clear();
    plain.push_back(std::move(message));
    after_result = false;
  }
  return plain;
}

void add_to_system_message(std::vector<ChatMessage>& messages, const std::string& text,
                           const std::string& default_system) {
  if (!messages.empty() && messages.front().role == "system") {
    std::string& content = messages.front().content;
    content += content.empty() ? text : "\n\n" + text;
    return;
  }
  messages.insert(messages.begin(),
                  {.role = "system",
                   .content = default_system.empty() ? text : default_system + "\n\n" + text});
}

}  // namespace diptych
