#include "api/openai/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "api/openai/tools.h"

namespace diptych::openai {
namespace {

using std::string_view;

// A message as written, before it becomes a ChatMessage.
struct RawMessage {
  ChatMessage message;
  std::optional<std::string> content, refusal;
  std::optional<ToolCall> function_call;  // legacy
};

constexpr string_view kTextParts[] = {"text"};
constexpr string_view kAssistantParts[] = {"text", "refusal"};
constexpr string_view kRefusedParts[] = {"image_url", "input_audio", "file", "video_url",
                                         "audio_url"};
constexpr PartKinds kUserKinds{kTextParts, kRefusedParts};
constexpr PartKinds kAssistantKinds{kAssistantParts, kRefusedParts};

Status parse_content_field(const Json& value, const PartKinds& kinds, const FieldSite& site) {
  TRY(site.into<RawMessage>().content, parse_content(value, kinds, site));
  return {};
}
Status parse_user_content(const Json& value, const FieldSite& site) {
  return parse_content_field(value, kUserKinds, site);
}
Status parse_assistant_content(const Json& value, const FieldSite& site) {
  return parse_content_field(value, kAssistantKinds, site);
}

template <auto Member>
Status set_message(const Json& value, const FieldSite& site) {
  return assign(site.into<RawMessage>().message.*Member, value, site);
}

constexpr string_view kFunctionType[] = {"function"};
constexpr string_view kEchoed = "Part of an earlier answer; carries nothing for the next one.";

constexpr Field kCallFunctionFields[] = {
    {.name = "name",
     .types = kString,
     .required = true,
     .parse = set_member<ToolCall, &ToolCall::name>},
    {.name = "arguments",
     .doc = "A JSON text.",
     .types = kString,
     .required = true,
     .parse = set_member<ToolCall, &ToolCall::arguments>},
    {.name = "parsed_arguments",
     .types = kAnyJson | kNull,
     .support = Support::kDescriptive,
     .reason = kEchoed},
};
constexpr FieldGroup kCallFunctionGroups[] = {{kCallFunctionFields}};
constexpr BodySchema kCallFunctionSchema{"ToolCallFunction", "", kCallFunctionGroups};

constexpr Field kCallFields[] = {
    {.name = "id",
     .types = kString,
     .limits = {.length_min = 1},
     .required = true,
     .parse = set_member<ToolCall, &ToolCall::id>},
    {.name = "type", .types = kString, .choices = kFunctionType, .required = true},
    {.name = "function",
     .types = kObject,
     .required = true,
     .object = &kCallFunctionSchema,
     .parse = [](const Json& value,
                 const FieldSite& site) { return parse_object(kCallFunctionSchema, value, site); }},
    {.name = "index", .types = kInteger, .support = Support::kDescriptive, .reason = kEchoed},
};
constexpr FieldGroup kCallGroups[] = {{kCallFields}};
constexpr BodySchema kCallSchema{"ToolCall", "A call of a tool in an earlier answer.", kCallGroups};

Status parse_tool_calls(const Json& value, const FieldSite& site) {
  auto& calls = site.into<RawMessage>().message.tool_calls;
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    ToolCall call;
    TRY_STATUS(parse_object(kCallSchema, items[i], site.at(i, &call)));
    calls.push_back(std::move(call));
  }
  return {};
}

Status parse_function_call(const Json& value, const FieldSite& site) {
  FieldSite inner = site;
  inner.request = &site.into<RawMessage>().function_call.emplace();
  return parse_object(kCallFunctionSchema, value, inner);
}

Status keep_refusal(const Json& value, const FieldSite& site) {
  site.into<RawMessage>().refusal = value.as_string();
  return {};
}

constexpr Field kRole{.name = "role", .types = kString, .required = true};
constexpr Field kName{.name = "name",
                      .doc = "Tells participants of one role apart.",
                      .types = kString | kNull,
                      .parse = set_message<&ChatMessage::name>};
constexpr Field kUserContent{.name = "content",
                             .doc = "A text, or text parts.",
                             .types = kString | kArray,
                             .required = true,
                             .parse = parse_user_content};

constexpr Field kSimpleFields[] = {kRole, kUserContent, kName};
constexpr Field kAssistantFields[] = {
    kRole,
    {.name = "content",
     .doc = "A text, or text parts; may be missing beside tool calls.",
     .types = kString | kArray | kNull,
     .parse = parse_assistant_content},
    kName,
    {.name = "refusal", .types = kString | kNull, .parse = keep_refusal},
    {.name = "reasoning_content",
     .doc = "The thinking of this answer, for templates that want it.",
     .types = kString | kNull,
     .parse = set_message<&ChatMessage::reasoning>},
    {.name = "tool_calls",
     .types = kArray | kNull,
     .object = &kCallSchema,
     .parse = parse_tool_calls},
    {.name = "function_call",
     .doc = "Legacy form of tool_calls.",
     .types = kObject | kNull,
     .object = &kCallFunctionSchema,
     .parse = parse_function_call},
    {.name = "annotations",
     .types = kArray | kNull,
     .support = Support::kDescriptive,
     .reason = kEchoed},
    {.name = "parsed",
     .types = kAnyJson | kNull,
     .support = Support::kDescriptive,
     .reason = kEchoed},
    {.name = "audio",
     .types = kObject | kNull,
     .support = Support::kRefused,
     .reason = "This model takes text only."},
};
constexpr Field kToolFields[] = {
    kRole,
    kUserContent,
    kName,
    {.name = "tool_call_id",
     .doc = "The call that this answers.",
     .types = kString,
     .required = true,
     .parse = set_message<&ChatMessage::tool_call_id>},
};
constexpr Field kFunctionFields[] = {
    kRole,
    {.name = "content", .types = kString | kNull, .parse = parse_user_content},
    {.name = "name",
     .doc = "The function that this answers.",
     .types = kString,
     .required = true,
     .parse = set_message<&ChatMessage::name>},
};

constexpr FieldGroup kSimpleGroups[] = {{kSimpleFields}};
constexpr FieldGroup kAssistantGroups[] = {{kAssistantFields}};
constexpr FieldGroup kToolGroups[] = {{kToolFields}};
constexpr FieldGroup kFunctionGroups[] = {{kFunctionFields}};
constexpr FieldGroup kAllGroups[] = {{kAssistantFields}, {std::span(kToolFields).last(1)}};

struct Role {
  string_view name;
  BodySchema schema;
};
constexpr Role kRoles[] = {
    {"developer", {"DeveloperMessage", "", kSimpleGroups}},
    {"system", {"SystemMessage", "", kSimpleGroups}},
    {"user", {"UserMessage", "", kSimpleGroups}},
    {"assistant", {"AssistantMessage", "", kAssistantGroups}},
    {"tool", {"ToolMessage", "", kToolGroups}},
    {"function", {"FunctionMessage", "", kFunctionGroups}},
};
constexpr string_view kRoleNames[] = {"developer", "system", "user",
                                      "assistant", "tool",   "function"};

Result<const Role*> find_role(const Json& message, const std::string& path) {
  if (!message.is_object()) return invalid_type(path, kObject, message);
  const Json* name = message.find("role");
  const std::string role_path = path + ".role";
  if (name == nullptr) return missing_parameter(role_path);
  if (!name->is_string()) return invalid_type(role_path, kString, *name);
  for (const Role& role : kRoles)
    if (role.name == name->as_string()) return &role;
  return invalid_choice(role_path, name->as_string(), kRoleNames);
}

std::string legacy_call_id(std::string_view function) {
  return fmt::format("call_function_{}", function);
}

// Legacy calls and answers become tool calls and tool answers, so that templates see one kind.
void modernise(RawMessage& raw) {
  ChatMessage& message = raw.message;
  if (raw.function_call) {
    raw.function_call->id = legacy_call_id(raw.function_call->name);
    message.tool_calls.push_back(*raw.function_call);
  }
  if (message.role == "function") {
    message.role = "tool";
    message.tool_call_id = legacy_call_id(message.name);
  }
}

Result<ChatMessage> parse_message(const Json& value, const FieldSite& site) {
  TRY(const Role* role, find_role(value, site.path));
  RawMessage raw;
  raw.message.role = std::string(role->name);
  FieldSite inner = site;
  inner.request = &raw;
  TRY_STATUS(parse_object(role->schema, value, inner));
  modernise(raw);
  if (role->name == "assistant" && !raw.content && !raw.refusal && raw.message.tool_calls.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Missing required parameter: '{0}.content'. It may be left out only "
                            "beside '{0}.tool_calls'.",
                            site.path),
                site.path + ".content", "missing_required_parameter");
  raw.message.content = raw.content ? std::move(*raw.content) : raw.refusal.value_or("");
  return std::move(raw.message);
}

Status unanswered(const std::set<std::string>& ids, string_view path) {
  return invalid_value(
      path,
      fmt::format("An assistant message with 'tool_calls' must be followed by tool messages "
                  "responding to each "
                  "'tool_call_id'. The following tool_call_ids did not have response messages: {}",
                  fmt::join(ids, ", ")));
}

}  // namespace

const BodySchema kMessageSchema{"Message", "One turn of the conversation.", kAllGroups};

Result<std::string> parse_content(const Json& value, const PartKinds& kinds,
                                  const FieldSite& site) {
  if (value.is_string()) return value.as_string();
  if (!value.is_array()) return invalid_type(site.path, kString | kArray, value);
  const auto& parts = value.as_array();
  if (parts.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': array too short. Expected at least 1 items, but got 0.",
                            site.path),
                site.path, "empty_array");
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const FieldSite at = site.at(i, nullptr);
    if (!parts[i].is_object()) return invalid_type(at.path, kObject, parts[i]);
    const Json* type = parts[i].find("type");
    if (type == nullptr) return missing_parameter(at.path + ".type");
    if (!type->is_string()) return invalid_type(at.path + ".type", kString, *type);
    const std::string& kind = type->as_string();
    if (std::ranges::find(kinds.refused, kind) != kinds.refused.end())
      return unsupported_value(
          at.path + ".type",
          fmt::format("Unsupported content part '{}' in '{}': this model takes text only.", kind,
                      at.path));
    if (std::ranges::find(kinds.text, kind) == kinds.text.end())
      return invalid_choice(at.path + ".type", kind, kinds.text);
    const string_view text_name = kind == "refusal" ? "refusal" : "text";
    for (const auto& member : parts[i].as_object()) {
      static constexpr string_view kMarks[] = {"prompt_cache_breakpoint", "cache_control",
                                               "annotations", "logprobs"};
      if (member.name != "type" && member.name != text_name &&
          std::ranges::find(kMarks, member.name) == std::end(kMarks))
        return unknown_parameter(fmt::format("{}.{}", at.path, member.name));
    }
    const Json* text = parts[i].find(text_name);
    if (text == nullptr) return missing_parameter(fmt::format("{}.{}", at.path, text_name));
    if (!text->is_string())
      return invalid_type(fmt::format("{}.{}", at.path, text_name), kString, *text);
    if (i > 0) joined += '\n';
    joined += text->as_string();
  }
  return joined;
}

Status check_tool_answers(const std::vector<ChatMessage>& messages, string_view path) {
  std::set<std::string> open;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    if (message.role == "tool") {
      if (open.erase(message.tool_call_id) == 0)
        return invalid_value(fmt::format("{}[{}].tool_call_id", path, i),
                             fmt::format("Invalid parameter: messages with role 'tool' must be a "
                                         "response to a preceding message with "
                                         "'tool_calls'; no open call has the id '{}'.",
                                         message.tool_call_id));
      continue;
    }
    if (!open.empty()) return unanswered(open, fmt::format("{}[{}].role", path, i));
    for (const ToolCall& call : message.tool_calls) open.insert(call.id);
  }
  if (!open.empty()) return unanswered(open, path);
  return {};
}

Status parse_messages(const Json& value, const FieldSite& site) {
  auto& messages = site.into<std::vector<ChatMessage>>();
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    TRY(auto message, parse_message(items[i], site.at(i, nullptr)));
    messages.push_back(std::move(message));
  }
  return check_tool_answers(messages, site.path);
}

}  // namespace diptych::openai
