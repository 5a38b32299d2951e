#include "api/openai/responses_request.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych::openai {
namespace {

using std::string_view;
using Request = ResponseRequest;

constexpr int kOutputTokensMin = 16;
constexpr string_view kLogprobsInclude = "message.output_text.logprobs";
constexpr string_view kEncryptedInclude = "reasoning.encrypted_content";
// Those of hosted tools ask for parts of items that never occur here: nothing is left out.
constexpr string_view kIncludes[] = {kLogprobsInclude,
                                     kEncryptedInclude,
                                     "message.input_image.image_url",
                                     "web_search_call.action.sources",
                                     "web_search_call.results",
                                     "code_interpreter_call.outputs",
                                     "computer_call_output.output.image_url",
                                     "file_search_call.results"};

Status parse_include(const Json& value, const FieldSite& site) {
  const auto& items = value.as_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const FieldSite at = site.at(i, site.request);
    const std::string& item = items[i].as_string();
    TRY_STATUS(check_include(item, at.path));
    if (item == kLogprobsInclude) site.into<Request>().include_logprobs = true;
    if (item == kEncryptedInclude)
      at.warn("Reasoning is returned as text; there is no encrypted form of it.");
  }
  return {};
}

// --- text ---------------------------------------------------------------------------------------

constexpr string_view kVerbosities[] = {"low", "medium", "high"};
Status parse_format(const Json& value, const FieldSite& site) {
  auto& request = site.into<Request>();
  FieldSite inner = site;
  inner.request = &request.format;
  request.shown_format = value;
  return parse_flat_format(value, inner);
}

Status parse_verbosity(const Json& value, const FieldSite& site) {
  if (value.as_string() == "medium") return {};
  return unsupported_value(site.path,
                           fmt::format("Unsupported value: '{}' does not support '{}' with this "
                                       "model. Supported values are: 'medium'.",
                                       site.path, value.as_string()));
}

constexpr Field kTextFields[] = {
    {.name = "format",
     .doc = "text, json_object or json_schema: what the answer's text is held to.",
     .types = kObject | kNull,
     .parse = parse_format},
    {.name = "verbosity",
     .types = kString | kNull,
     .choices = kVerbosities,
     .parse = parse_verbosity},
};
constexpr FieldGroup kTextGroups[] = {{kTextFields}};
constexpr BodySchema kTextSchema{"ResponseText", "What the answer's text looks like.", kTextGroups};

// --- reasoning ----------------------------------------------------------------------------------

constexpr string_view kEfforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr string_view kSummaries[] = {"auto", "concise", "detailed"};
constexpr string_view kNoSummary = "Reasoning is returned as it is, not summarised.";

Status parse_effort(const Json& value, const FieldSite& site) {
  if (value.as_string() != "none")
    return unsupported_value(site.path,
                             fmt::format("Unsupported value: '{}' does not support '{}' with this "
                                         "model. Supported values are: 'none'.",
                                         site.path, value.as_string()));
  site.into<Request>().prompt.enable_thinking = false;
  return {};
}

constexpr Field kReasoningFields[] = {
    {.name = "effort",
     .doc = "none: the model is asked not to think first.",
     .types = kString | kNull,
     .choices = kEfforts,
     .parse = parse_effort},
    {.name = "summary",
     .types = kString | kNull,
     .choices = kSummaries,
     .support = Support::kIgnored,
     .reason = kNoSummary},
    {.name = "generate_summary",
     .types = kString | kNull,
     .choices = kSummaries,
     .support = Support::kIgnored,
     .reason = kNoSummary},
    {.name = "context",
     .types = kString | kNull,
     .support = Support::kRefused,
     .reason = "Which reasoning is rendered is decided by the model's template.",
     .neutral = "\"auto\""},
    {.name = "mode",
     .types = kString | kNull,
     .support = Support::kRefused,
     .reason = "There is one mode of reasoning."},
};
constexpr FieldGroup kReasoningGroups[] = {{kReasoningFields}};
constexpr BodySchema kReasoningSchema{"ResponseReasoning",
                                      "How the model thinks before it answers.", kReasoningGroups};

// --- the body -----------------------------------------------------------------------------------

template <const BodySchema& kSchema>
Status parse_inside(const Json& value,
                    const FieldSite& site) {  // a nested object that fills the request itself
  return parse_object(kSchema, value, site);
}

Status parse_stream_options(const Json& value, const FieldSite& site) {
  static constexpr Field kFields[] = {{.name = "include_obfuscation",
                                       .types = kBool | kNull,
                                       .support = Support::kDescriptive,
                                       .reason = "No padding is ever sent."}};
  static constexpr FieldGroup kGroups[] = {{kFields}};
  static constexpr BodySchema kSchema{"ResponseStreamOptions", "", kGroups};
  site.into<Request>().stream_options = true;
  return parse_object(kSchema, value, site);
}

Status parse_flat_tools(const Json& value, const FieldSite& site) {
  site.into<Request>().tools_given = value;
  TRY(site.into<Request>().image_tool, parse_image_tool(value, site));
  FieldSite inner = site;
  inner.request = &site.into<Request>().tools.tools;
  return parse_tools(value, ToolShape::kFlat, inner);
}

Status parse_parallel(const Json& value, const FieldSite& site) {
  site.into<Request>().tools.parallel_given = true;
  site.into<Request>().tools.parallel = value.as_bool();
  return {};
}

constexpr string_view kTruncations[] = {"auto", "disabled"};

constexpr Field refused(string_view name, string_view reason) {
  return {.name = name,
          .doc = reason,
          .types = kAnyJson | kNull,
          .support = Support::kRefused,
          .reason = reason};
}

constexpr Field kFields[] = {
    {.name = "model",
     .types = kString,
     .required = true,
     .parse = set_member<Request, &Request::model>},
    {.name = "input",
     .doc = "A text, or items: messages, tool calls and their outputs, reasoning, references.",
     .types = kString | kArray,
     .required = true,
     .parse = set_member<Request, &Request::input>},
    {.name = "instructions",
     .doc = "System text of this turn only.",
     .types = kString | kNull,
     .parse = set_member<Request, &Request::instructions>},
    {.name = "previous_response_id",
     .doc = "A stored response to continue; its instructions are not inherited.",
     .types = kString | kNull,
     .parse = set_member<Request, &Request::previous_response_id>},
    {.name = "store",
     .doc = "Keep the response, so that it can be read and continued later.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = set_member<Request, &Request::store>},
    {.name = "background",
     .doc = "Answer at once and go on without the caller.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<Request, &Request::background>},
    {.name = "stream",
     .doc = "Send events while the answer is made.",
     .types = kBool | kNull,
     .shown_default = "false",
     .parse = set_member<Request, &Request::stream>},
    {.name = "stream_options", .types = kObject | kNull, .parse = parse_stream_options},
    {.name = "max_output_tokens",
     .doc = "The answer ends as incomplete after so many tokens, reasoning included.",
     .types = kInteger | kNull,
     .limits = {.min = kOutputTokensMin},
     .parse = set_member<Request, &Request::max_output_tokens>},
    {.name = "max_tool_calls",
     .types = kInteger | kNull,
     .limits = {.min = 1},
     .support = Support::kDescriptive,
     .reason = "Limits hosted tools, of which there are none."},
    {.name = "top_logprobs",
     .doc = "Alternatives per token; include must ask for message.output_text.logprobs.",
     .types = kInteger | kNull,
     .limits = {.min = 0, .max = 20},
     .parse = set_member<Request, &Request::top_logprobs>},
    {.name = "include",
     .doc = "Parts of the answer that are left out otherwise.",
     .types = kArray | kNull,
     .item_types = kString,
     .parse = parse_include},
    {.name = "reasoning",
     .types = kObject | kNull,
     .object = &kReasoningSchema,
     .parse = parse_inside<kReasoningSchema>},
    {.name = "text",
     .types = kObject | kNull,
     .object = &kTextSchema,
     .parse = parse_inside<kTextSchema>},
    {.name = "tools",
     .doc = "Functions that the model may ask to call, and image_generation.",
     .types = kArray | kNull,
     .limits = {.length_max = 128},
     .parse = parse_flat_tools},
    {.name = "tool_choice",
     .doc = "none, auto, allowed_tools with mode auto, or {\"type\": \"image_generation\"}: a "
            "picture is drawn from the user's text.",
     .types = kString | kObject | kNull,
     .shown_default = "\"auto\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Request>().tools.choice = value;
       return {};
     }},
    {.name = "parallel_tool_calls",
     .doc = "false: at most one call in an answer.",
     .types = kBool | kNull,
     .shown_default = "true",
     .parse = parse_parallel},
    {.name = "truncation",
     .doc = "auto: the oldest items are dropped when the context is full, with a warning.",
     .types = kString | kNull,
     .choices = kTruncations,
     .shown_default = "\"disabled\"",
     .parse = [](const Json& value, const FieldSite& site) -> Status {
       site.into<Request>().drop_oldest = value.as_string() == "auto";
       return {};
     }},
    refused("conversation", "Conversations are not available; use previous_response_id."),
    refused("context_management", "The context is not compacted; use truncation."),
    refused("prompt", "Prompt templates are not available; send the text itself."),
    refused("moderation", "Nothing is moderated here."),
};

const FieldGroup kGroups[] = {
    {kFields},
    {nucleus_rows(), options_of<Request>},
    {caller_rows(), part_of<Request, &Request::caller>},
    {penalty_rows(), options_of<Request>},
    {ending_rows(), part_of<Request, &Request::sampling>},
    {local_sampler_rows(), options_of<Request>},
    {local_ending_rows(), part_of<Request, &Request::sampling>},
    {template_rows(), part_of<Request, &Request::prompt>},
    {format_rows(), part_of<Request, &Request::format>},
    {refused_local_rows()},
};

constexpr string_view kForcedWarning =
    "The picture is drawn from the user's text as it stands: the text model is not asked.";

// A choice that asks for a picture is met here: the text model has no say in it.
Status check_image_choice(Request& request, Warnings& warnings) {
  const Json& choice = request.tools.choice;
  const bool named = is_image_tool(choice);
  if (named && !request.image_tool)
    return invalid_value(
        "tool_choice", "Invalid value for 'tool_choice': 'image_generation' is not among 'tools'.");
  const bool only_tool = request.image_tool && request.tools.tools.empty();
  request.force_image = named || (only_tool && choice == Json("required"));
  if (request.force_image) warnings.push_back({"tool_choice", std::string(kForcedWarning)});
  return {};
}

Status check_together(Request& request, Warnings& warnings) {
  TRY_STATUS(check_image_choice(request, warnings));
  if (request.background && !request.store)
    return invalid_value(
        "background",
        "Invalid value for 'background': a background response needs 'store' to be true.");
  if (request.stream_options && !request.stream)
    return invalid_value(
        "stream_options",
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
  if (request.top_logprobs > 0 && !request.include_logprobs)
    warnings.push_back(
        {"top_logprobs",
         fmt::format("Has no effect: 'include' does not ask for '{}'.", kLogprobsInclude)});
  return {};
}

}  // namespace

const BodySchema kResponseSchema{"ResponseRequest", "A turn to answer.", kGroups};

Status check_include(string_view value, string_view path) {
  if (std::ranges::find(kIncludes, value) != std::end(kIncludes)) return {};
  return invalid_choice(path, value, kIncludes);
}

Status parse_response_request(string_view body, ResponseRequest& request, Warnings& warnings) {
  TRY_STATUS(parse_body(kResponseSchema, body, &request, warnings));
  return check_together(request, warnings);
}

}  // namespace diptych::openai
