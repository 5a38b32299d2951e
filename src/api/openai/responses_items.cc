#include "api/openai/responses_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/openai/ids.h"
#include "api/openai/messages.h"
#include "base/rng.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr string_view kInputText[] = {"input_text"};
constexpr string_view kOutputText[] = {"output_text", "refusal", "input_text"};
constexpr string_view kNoText[] = {"input_image", "input_file", "input_audio"};
constexpr PartKinds kInputKinds{kInputText, kNoText};
constexpr PartKinds kOutputKinds{kOutputText, kNoText};

Status check_input_parts(const Json& value, const FieldSite& site) {
  TRY([[maybe_unused]] const std::string text, parse_content(value, kInputKinds, site));
  return {};
}
Status check_output_parts(const Json& value, const FieldSite& site) {
  TRY([[maybe_unused]] const std::string text, parse_content(value, kOutputKinds, site));
  return {};
}

constexpr string_view kEchoed = "Part of an earlier answer; carries nothing for the next one.";
constexpr string_view kRoles[] = {"user", "assistant", "system", "developer"};
constexpr string_view kStatuses[] = {"in_progress", "completed", "incomplete"};

constexpr Field kType{.name = "type", .types = kString | kNull};
constexpr Field kId{.name = "id", .types = kString | kNull};
constexpr Field kStatus{.name = "status",
                        .types = kString | kNull,
                        .choices = kStatuses,
                        .support = Support::kDescriptive,
                        .reason = kEchoed};
constexpr Field kCallId{
    .name = "call_id", .types = kString, .limits = {.length_min = 1}, .required = true};

constexpr Field kMessageFields[] = {
    kType,
    kId,
    kStatus,
    {.name = "role", .types = kString, .choices = kRoles, .required = true},
    {.name = "phase",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = kEchoed},
};
constexpr Field kInputContent[] = {
    {.name = "content", .types = kString | kArray, .required = true, .parse = check_input_parts}};
constexpr Field kOutputContent[] = {
    {.name = "content", .types = kString | kArray, .required = true, .parse = check_output_parts}};
constexpr Field kCallFields[] = {
    kType,
    kId,
    kStatus,
    kCallId,
    {.name = "name", .types = kString, .limits = {.length_min = 1}, .required = true},
    {.name = "arguments", .doc = "A JSON text.", .types = kString, .required = true},
    {.name = "parsed_arguments",
     .types = kAnyJson | kNull,
     .support = Support::kDescriptive,
     .reason = kEchoed},
};
constexpr Field kCallOutputFields[] = {
    kType,
    kId,
    kStatus,
    kCallId,
    {.name = "output", .types = kString | kArray, .required = true, .parse = check_input_parts},
};
constexpr Field kReasoningFields[] = {
    kType,
    kId,
    kStatus,
    {.name = "summary", .types = kArray | kNull, .item_types = kObject},
    {.name = "content", .types = kArray | kNull, .item_types = kObject},
    {.name = "encrypted_content",
     .types = kString | kNull,
     .support = Support::kIgnored,
     .reason = "Only reasoning in plain text can be read here."},
};
constexpr Field kReferenceFields[] = {
    kType,
    {.name = "id", .types = kString, .limits = {.length_min = 1}, .required = true},
};

constexpr Field kImageCallFields[] = {
    kType,
    kId,
    kStatus,
    {.name = "revised_prompt", .types = kString | kNull},
    {.name = "result",
     .types = kString | kNull,
     .support = Support::kDescriptive,
     .reason = "The text model reads the prompt of an earlier picture, not the picture."},
    {.name = "action", .types = kString | kNull},
    {.name = "background", .types = kString | kNull},
    {.name = "output_format", .types = kString | kNull},
    {.name = "quality", .types = kString | kNull},
    {.name = "size", .types = kString | kNull},
};

constexpr FieldGroup kInputMessageGroups[] = {{kMessageFields}, {kInputContent}};
constexpr FieldGroup kOutputMessageGroups[] = {{kMessageFields}, {kOutputContent}};
constexpr FieldGroup kCallGroups[] = {{kCallFields}};
constexpr FieldGroup kCallOutputGroups[] = {{kCallOutputFields}};
constexpr FieldGroup kReasoningGroups[] = {{kReasoningFields}};
constexpr FieldGroup kImageCallGroups[] = {{kImageCallFields}};
constexpr FieldGroup kReferenceGroups[] = {{kReferenceFields}};
constexpr BodySchema kInputMessage{"InputMessage", "", kInputMessageGroups};
constexpr BodySchema kOutputMessage{"OutputMessage", "", kOutputMessageGroups};

// --- one row per kind of item -------------------------------------------------------------------

Json with_id(const Json& given, string_view prefix) {
  const Json& id = given["id"];
  return Json::object(
      {{"id", id.is_string() && !id.as_string().empty() ? id : Json(random_id(prefix))}});
}

Json text_part(string_view role, string_view text) {
  if (role != "assistant") return Json::object({{"type", "input_text"}, {"text", text}});
  return Json::object({{"type", "output_text"},
                       {"text", text},
                       {"annotations", Json::array()},
                       {"logprobs", Json::array()}});
}

Json keep_message(const Json& given) {
  const std::string& role = given["role"].as_string();
  const Json& content = given["content"];
  Json kept = with_id(given, kMessageIdPrefix);
  kept.set("type", "message");
  kept.set("status", "completed");
  kept.set("role", role);
  kept.set("content",
           content.is_string() ? Json::array({text_part(role, content.as_string())}) : content);
  return kept;
}

Json keep_members(const Json& given, string_view prefix, std::initializer_list<string_view> names) {
  Json kept = with_id(given, prefix);
  for (const string_view name : names) kept.set(name, given[name]);
  return kept;
}

Json keep_call(const Json& given) {
  Json kept = keep_members(given, kFunctionCallIdPrefix, {"type", "call_id", "name", "arguments"});
  kept.set("status", "completed");
  return kept;
}

Json keep_call_output(const Json& given) {
  Json kept = keep_members(given, kFunctionOutputIdPrefix, {"type", "call_id", "output"});
  kept.set("status", "completed");
  return kept;
}

Json keep_reasoning(const Json& given) {
  Json kept = keep_members(given, kReasoningIdPrefix, {"type"});
  for (const string_view name : {"summary", "content"})
    kept.set(name, given[name].is_null() ? Json::array() : given[name]);
  return kept;
}

Json keep_image_call(const Json& given) {
  Json kept = keep_members(given, kImageIdPrefix, {"type", "revised_prompt"});
  kept.set("status", "completed");
  kept.set("result", nullptr);
  return kept;
}

Json keep_nothing(const Json&) { return {}; }

struct ItemKind {
  string_view type;
  BodySchema schema;
  Json (*keep)(const Json& given);
};
constexpr ItemKind kKinds[] = {
    {"message", kInputMessage, keep_message},
    {"function_call", {"FunctionCall", "", kCallGroups}, keep_call},
    {"function_call_output", {"FunctionCallOutput", "", kCallOutputGroups}, keep_call_output},
    {"reasoning", {"Reasoning", "", kReasoningGroups}, keep_reasoning},
    {"image_generation_call", {"ImageGenerationCall", "", kImageCallGroups}, keep_image_call},
    {"item_reference", {"ItemReference", "", kReferenceGroups}, keep_nothing},
};
constexpr string_view kKindNames[] = {"message",   "function_call",         "function_call_output",
                                      "reasoning", "image_generation_call", "item_reference"};
constexpr string_view kRefusedKinds[] = {"custom_tool_call",
                                         "custom_tool_call_output",
                                         "web_search_call",
                                         "file_search_call",
                                         "code_interpreter_call",
                                         "computer_call",
                                         "computer_call_output",
                                         "local_shell_call",
                                         "local_shell_call_output",
                                         "shell_call",
                                         "shell_call_output",
                                         "apply_patch_call",
                                         "apply_patch_call_output",
                                         "mcp_list_tools",
                                         "mcp_call",
                                         "mcp_approval_request",
                                         "mcp_approval_response",
                                         "compaction",
                                         "tool_search_call",
                                         "tool_search_output"};

// Messages and references may leave their type out.
Result<string_view> kind_name(const Json& item, const FieldSite& site) {
  if (!item.is_object()) return invalid_type(site.path, kObject, item);
  const Json* type = item.find("type");
  if (type == nullptr || type->is_null()) {
    if (item.find("role") != nullptr) return "message";
    if (item.find("id") != nullptr && item.as_object().size() <= 2) return "item_reference";
    return missing_parameter(site.path + ".type");
  }
  if (!type->is_string()) return invalid_type(site.path + ".type", kString, *type);
  return string_view(type->as_string());
}

Result<InputItem> parse_item(const Json& item, const FieldSite& site) {
  TRY(const string_view name, kind_name(item, site));
  if (std::ranges::find(kRefusedKinds, name) != std::end(kRefusedKinds))
    return unsupported_value(
        site.path + ".type",
        fmt::format("Unsupported input item: '{}'. Only text, function calls and their outputs can "
                    "be continued here.",
                    name));
  const auto* kind = std::ranges::find(kKinds, name, &ItemKind::type);
  if (kind == std::end(kKinds)) return invalid_choice(site.path + ".type", name, kKindNames);
  const bool answer = name == "message" && item["role"] == Json("assistant");
  TRY_STATUS(parse_object(answer ? kOutputMessage : kind->schema, item, site));
  InputItem parsed{.item = kind->keep(item), .reference = {}};
  if (parsed.item.is_null()) parsed.reference = item["id"].as_string();
  return parsed;
}

// --- items → messages ---------------------------------------------------------------------------

// Also of parts that this server wrote; nothing is checked again.
std::string joined_text(const Json& content) {
  if (content.is_string()) return content.as_string();
  std::string joined;
  if (!content.is_array()) return joined;
  for (const Json& part : content.as_array()) {
    const Json& text = part["text"].is_string() ? part["text"] : part["refusal"];
    if (!text.is_string()) continue;
    if (!joined.empty()) joined += '\n';
    joined += text.as_string();
  }
  return joined;
}

class MessageList {
 public:
  Status add(const Json& item) {
    const std::string& type = item["type"].as_string();
    if (type == "message") add_message(item);
    if (type == "function_call") add_call(item);
    if (type == "reasoning") add_reasoning(item);
    if (type == "image_generation_call") add_picture(item);
    if (type == "function_call_output") return add_output(item);
    return {};
  }

  Result<std::vector<ChatMessage>> finish() && {
    if (!open_calls_.empty())
      return invalid_value(
          "input", fmt::format("No tool output found for function call {}.", *open_calls_.begin()));
    return std::move(messages_);
  }

 private:
  ChatMessage& assistant_turn() {
    if (messages_.empty() || messages_.back().role != "assistant")
      messages_.push_back({.role = "assistant"});
    ChatMessage& turn = messages_.back();
    if (turn.reasoning.empty()) turn.reasoning = std::exchange(reasoning_, {});
    return turn;
  }
  void add_message(const Json& item) {
    ChatMessage message{.role = item["role"].as_string(), .content = joined_text(item["content"])};
    if (message.role == "assistant") message.reasoning = std::exchange(reasoning_, {});
    messages_.push_back(std::move(message));
  }
  void add_call(const Json& item) {
    const std::string& call_id = item["call_id"].as_string();
    assistant_turn().tool_calls.push_back({.id = call_id,
                                           .name = item["name"].as_string(),
                                           .arguments = item["arguments"].as_string()});
    open_calls_.insert(call_id);
  }
  void add_reasoning(const Json& item) {
    reasoning_ = joined_text(item["content"]);
    if (reasoning_.empty()) reasoning_ = joined_text(item["summary"]);
  }
  // The text model learns what was drawn, in words.
  void add_picture(const Json& item) {
    const Json& prompt = item["revised_prompt"];
    const std::string_view drawn = prompt.is_string() ? prompt.as_string() : std::string_view();
    messages_.push_back({.role = "assistant", .content = fmt::format("[picture: {}]", drawn)});
  }
  Status add_output(const Json& item) {
    const std::string& call_id = item["call_id"].as_string();
    if (open_calls_.erase(call_id) == 0)
      return invalid_value(
          "input",
          fmt::format("No tool call found for function call output with call_id {}.", call_id));
    messages_.push_back(
        {.role = "tool", .content = joined_text(item["output"]), .tool_call_id = call_id});
    return {};
  }

  std::vector<ChatMessage> messages_;
  std::string reasoning_;  // waits for the turn it led to
  std::set<std::string> open_calls_;
};

}  // namespace

Result<std::vector<InputItem>> parse_input(const Json& input, const FieldSite& site) {
  std::vector<InputItem> items;
  if (input.is_string()) {
    items.push_back({.item = keep_message(Json::object({{"role", "user"}, {"content", input}})),
                     .reference = {}});
    return items;
  }
  const auto& given = input.as_array();
  if (given.empty())
    return fail(ErrorCode::kInvalidArgument, "Invalid 'input': expected at least one item.",
                site.path, "empty_array");
  for (std::size_t i = 0; i < given.size(); ++i) {
    TRY(auto item, parse_item(given[i], site.at(i, nullptr)));
    items.push_back(std::move(item));
  }
  return items;
}

Result<std::vector<ChatMessage>> messages_of(const std::vector<Json>& items,
                                             const std::optional<std::string>& instructions) {
  MessageList list;
  for (const Json& item : items) TRY_STATUS(list.add(item));
  TRY(auto messages, std::move(list).finish());
  if (instructions)
    messages.insert(messages.begin(), ChatMessage{.role = "system", .content = *instructions});
  return messages;
}

}  // namespace diptych::openai
