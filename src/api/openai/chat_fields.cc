#include "api/openai/chat_fields.h"

#include <fmt/format.h>

#include "api/openai/messages.h"

namespace diptych::openai {
namespace {

using std::string_view;

constexpr string_view kTextOnly = "This server answers in text only.";
Status check_modalities(const Json& value, const FieldSite& site) {
  for (const Json& modality : value.as_array())
    if (modality.as_string() != "text")
      return unsupported_value(
          site.path, fmt::format("Unsupported value: '{}'. {}", modality.as_string(), kTextOnly));
  return {};
}

Status check_verbosity(const Json& value, const FieldSite& site) {
  if (value.as_string() == "medium") return {};
  return unsupported_value(site.path,
                           fmt::format("Unsupported value: '{}' does not support '{}' with this "
                                       "model. Supported values are: 'medium'.",
                                       site.path, value.as_string()));
}

// "none" switches thinking off in templates that can; degrees of effort are something no local
// template offers.
Status parse_effort(const Json& value, const FieldSite& site) {
  if (value.as_string() == "none") {
    site.into<ChatBody>().prompt.enable_thinking = false;
    return {};
  }
  return unsupported_value(site.path, fmt::format("Unsupported value: '{}' does not support '{}' "
                                                  "with this model. Supported values are: 'none'.",
                                                  site.path, value.as_string()));
}

Status check_prediction(const Json& value, const FieldSite& site) {
  static constexpr string_view kTypes[] = {"content"};
  static constexpr Field kFields[] = {
      {.name = "type", .types = kString, .choices = kTypes, .required = true},
      {.name = "content", .types = kString | kArray, .required = true},
  };
  static constexpr FieldGroup kGroups[] = {{kFields}};
  static constexpr BodySchema kSchema{"Prediction", "", kGroups};
  return parse_object(kSchema, value, site);
}

Status parse_kwargs(const Json& value, const FieldSite& site) {
  auto& fields = site.into<TemplateFields>();
  for (const auto& [name, member] : value.as_object()) {
    const std::string path = fmt::format("{}.{}", site.path, name);
    if (name == "enable_thinking") {
      if (!member.is_bool()) return invalid_type(path, kBool, member);
      fields.enable_thinking = member.as_bool();
    } else {
      fields.kwargs.emplace_back(name, dump_json(member));
    }
  }
  return {};
}

constexpr Field kTemplateRows[] = {
    {.name = "chat_template_kwargs",
     .doc = "Values that the model's chat template reads, such as enable_thinking.",
     .types = kObject | kNull,
     .limits = {.length_max = 64},
     .parse = parse_kwargs},
    {.name = "add_generation_prompt",
     .doc = "false: the prompt does not open the assistant's turn.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = set_member<TemplateFields, &TemplateFields::add_generation_prompt>},
};

constexpr string_view kEfforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr string_view kVerbosities[] = {"low", "medium", "high"};

constexpr Field kStreamOptionFields[] = {
    {.name = "include_usage",
     .doc = "A last chunk carries the usage.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<StreamOptions, &StreamOptions::include_usage>},
    {.name = "include_obfuscation",
     .doc = "Random padding of chunks.",
     .types = kBool | kNull,
     .support = Support::kDescriptive,
     .reason = "Padding is optional; none is sent."},
};
constexpr FieldGroup kStreamOptionGroups[] = {{kStreamOptionFields}};

constexpr Field kChatRows[] = {
    {.name = "model",
     .doc = "Id of a model of GET /v1/models.",
     .types = kString,
     .limits = {.length_min = 1, .length_max = 512},
     .required = true,
     .parse = set_member<ChatBody, &ChatBody::model>},
    {.name = "messages",
     .doc = "The conversation so far.",
     .types = kArray,
     .limits = {.length_min = 1},
     .required = true,
     .object = &kMessageSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<ChatBody>().messages;
       return parse_messages(value, inner);
     }},
    {.name = "n",
     .doc = "How many answers.",
     .types = kInteger | kNull,
     .limits = {.min = 1, .max = 128},
     .shown_default = "1",
     .parse = set_member<ChatBody, &ChatBody::choice_count>},
    {.name = "max_completion_tokens",
     .doc = "Limit of the answer, reasoning included; without it, the room left in the context.",
     .types = kInteger | kNull,
     .limits = {.min = 1},
     .parse = set_member<ChatBody, &ChatBody::max_completion_tokens>},
    {.name = "max_tokens",
     .doc = "Older name of max_completion_tokens.",
     .types = kInteger | kNull,
     .limits = {.min = 1},
     .parse = set_member<ChatBody, &ChatBody::max_tokens>},
    {.name = "stream",
     .doc = "Send the answer piece by piece as server-sent events.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<ChatBody, &ChatBody::stream>},
    {.name = "stream_options",
     .types = kObject | kNull,
     .object = &kStreamOptionsSchema,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<ChatBody>().stream_options;
       return parse_stream_options(value, inner);
     }},
    {.name = "logprobs",
     .doc = "Log probability of every token.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<ChatBody, &ChatBody::logprobs>},
    {.name = "top_logprobs",
     .doc = "Likeliest alternatives for every token; needs logprobs.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = 20},
     .parse = set_member<ChatBody, &ChatBody::top_logprobs>},
    {.name = "response_format",
     .doc = "text, json_object or json_schema: what the answer's text is held to.",
     .types = kObject | kNull,
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       FieldSite inner = site;
       inner.request = &site.into<ChatBody>().format;
       return parse_nested_format(value, inner);
     }},
    {.name = "store",
     .doc = "Keep the answer for GET /v1/chat/completions.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<ChatBody, &ChatBody::store>},
    {.name = "reasoning_effort",
     .doc = "none, for models that think unless told not to.",
     .types = kString | kNull,
     .choices = kEfforts,
     .parse = parse_effort},
    {.name = "verbosity",
     .doc = "medium.",
     .types = kString | kNull,
     .choices = kVerbosities,
     .parse = check_verbosity},
    {.name = "prediction",
     .doc = "Expected text of the answer.",
     .types = kObject | kNull,
     .support = Support::kIgnored,
     .reason = "Predictions only save time, and are not used for that yet; the answer is the same.",
     .parse = check_prediction},
    {.name = "modalities",
     .doc = "[\"text\"].",
     .types = kArray | kNull,
     .item_types = kString,
     .parse = check_modalities},
    refused_field("audio", kTextOnly),
    refused_field("web_search_options", "This server does not search the web."),
    refused_field("moderation", "This server does not moderate."),
    refused_field("continue_final_message", "The last message is always complete.", "false"),
    refused_field("echo", "Chat answers do not repeat the prompt.", "false"),
    refused_field("documents", "Put documents into messages."),
    refused_field("n_predict", "Use max_completion_tokens.", "-1"),
    refused_field("prompt_logprobs", "Use /v1/completions with echo and logprobs.", "0"),
    refused_field("best_of", "Use /v1/completions.", "1"),
};

const FieldGroup kChatGroups[] = {
    {kChatRows},
    {nucleus_rows(), options_of<ChatBody>},
    {penalty_rows(), options_of<ChatBody>},
    {ending_rows(), part_of<ChatBody, &ChatBody::sampling>},
    {tool_rows(), part_of<ChatBody, &ChatBody::tools>},
    {legacy_tool_rows(), part_of<ChatBody, &ChatBody::tools>},
    {caller_rows(), part_of<ChatBody, &ChatBody::caller>},
    {local_sampler_rows(), options_of<ChatBody>},
    {local_ending_rows(), part_of<ChatBody, &ChatBody::sampling>},
    {kTemplateRows, part_of<ChatBody, &ChatBody::prompt>},
    {format_rows(), part_of<ChatBody, &ChatBody::format>},
    {refused_local_rows()},
};

Status check_together(const ChatBody& body, int choices_max) {
  if (body.max_tokens && body.max_completion_tokens)
    return invalid_value(
        "max_tokens",
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.");
  if (body.top_logprobs && !body.logprobs)
    return invalid_value("top_logprobs",
                         "Invalid value for 'top_logprobs': 'top_logprobs' is only allowed when "
                         "'logprobs' is true.");
  TRY_STATUS(check_stream_options(body.stream_options, body.stream));
  return check_choice_count(body.choice_count, choices_max);
}

}  // namespace

const BodySchema kStreamOptionsSchema{"StreamOptions", "Only with stream.", kStreamOptionGroups};
const BodySchema kChatSchema{"ChatCompletionRequest", "A conversation to continue.", kChatGroups};

std::span<const Field> template_rows() { return kTemplateRows; }

Status parse_stream_options(const Json& value, const FieldSite& site) {
  site.into<StreamOptions>().given = true;
  return parse_object(kStreamOptionsSchema, value, site);
}

Status check_stream_options(const StreamOptions& options, bool stream) {
  if (!options.given || stream) return {};
  return invalid_value("stream_options",
                       "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
}

Status check_choice_count(int choice_count, int choices_max) {
  if (choice_count <= choices_max) return {};
  return integer_above_max("n", choices_max, fmt::format("{}", choice_count));
}

Result<ChatBody> parse_chat_body(std::string_view text, int choices_max) {
  ChatBody body;
  TRY_STATUS(parse_body(kChatSchema, text, &body, body.warnings));
  TRY_STATUS(check_together(body, choices_max));
  return body;
}

}  // namespace diptych::openai
