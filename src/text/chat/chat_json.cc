#include "text/chat/chat_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/unicode.h"

namespace diptych {
namespace {

constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user", "assistant",
                                                    "tool"};

Result<Json> arguments_json(const ToolCall& call, const MessageShape& shape,
                            const std::string& where) {
  if (!shape.arguments_as_object) return Json(call.arguments);
  if (call.arguments.empty()) return Json::object();
  auto parsed = parse_json(call.arguments);
  if (parsed) return std::move(*parsed);
  return fail(ErrorCode::kInvalidArgument,
              "The arguments of a tool call must be JSON: " + parsed.error().message,
              where + ".function.arguments");
}

Result<Json> calls_json(const ChatMessage& message, const MessageShape& shape,
                        const std::string& where) {
  Json calls = Json::array();
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    const ToolCall& call = message.tool_calls[i];
    TRY(Json arguments, arguments_json(call, shape, fmt::format("{}.tool_calls[{}]", where, i)));
    Json json = Json::object({{"type", "function"}});
    json.set("function", Json::object({{"name", call.name}, {"arguments", std::move(arguments)}}));
    if (!call.id.empty()) json.set("id", call.id);
    calls.push_back(std::move(json));
  }
  return calls;
}

Result<Json> message_json(const ChatMessage& message, const MessageShape& shape,
                          const std::string& where) {
  if (std::ranges::find(kRoles, message.role) == kRoles.end())
    return fail(ErrorCode::kInvalidArgument, fmt::format("Unknown role '{}'.", message.role),
                where + ".role");
  if (!is_valid_utf8(message.content) || !is_valid_utf8(message.reasoning) ||
      !is_valid_utf8(message.name))
    return fail(ErrorCode::kInvalidArgument, "The text is not valid UTF-8.", where + ".content");
  Json json = Json::object({{"role", message.role}});
  if (shape.content_as_parts)
    json.set("content", Json::array({Json::object({{"type", "text"}, {"text", message.content}})}));
  else
    json.set("content", message.content);
  if (!message.reasoning.empty()) json.set("reasoning_content", message.reasoning);
  if (!message.name.empty()) json.set("name", message.name);
  if (!message.tool_call_id.empty()) json.set("tool_call_id", message.tool_call_id);
  if (!message.tool_calls.empty()) {
    TRY(Json calls, calls_json(message, shape, where));
    json.set("tool_calls", std::move(calls));
  }
  return json;
}

}  // namespace

Result<Json> messages_json(const std::vector<ChatMessage>& messages, const MessageShape& shape) {
  Json json = Json::array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    TRY(Json message, message_json(messages[i], shape, fmt::format("messages[{}]", i)));
    json.push_back(std::move(message));
  }
  return json;
}

Result<Json> tools_json(const std::vector<Tool>& tools) {
  Json json = Json::array();
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const Tool& tool = tools[i];
    Json parameters = Json::object({{"type", "object"}, {"properties", Json::object()}});
    if (!tool.parameters.empty()) {
      auto parsed = parse_json(tool.parameters);
      if (!parsed || !parsed->is_object())
        return fail(ErrorCode::kInvalidArgument, "The parameters must be a JSON Schema object.",
                    fmt::format("tools[{}].function.parameters", i));
      if (!parsed->as_object().empty()) parameters = std::move(*parsed);
    }
    json.push_back(Json::object({{"type", "function"},
                                 {"function", Json::object({{"name", tool.name},
                                                            {"description", tool.description},
                                                            {"parameters", parameters}})}}));
  }
  return json;
}

}  // namespace diptych
