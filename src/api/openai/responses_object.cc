#include "api/openai/responses_object.h"

#include "api/openai/ids.h"
#include "base/rng.h"

namespace diptych::openai {
namespace {

Json metadata_object(const CallerFields& caller) {
  Json metadata = Json::object();
  for (const auto& [name, value] : caller.metadata) metadata.set(name, value);
  return metadata;
}

// Function tools with every member that clients expect; strict is what is done, not what was asked.
Json shown_tools(const Json& given) {
  Json tools = Json::array();
  for (const Json& tool : given.as_array()) {
    if (is_image_tool(tool)) {
      tools.push_back(shown_image_tool(tool));
      continue;
    }
    tools.push_back(Json::object({{"type", "function"},
                                  {"name", tool["name"]},
                                  {"description", tool["description"]},
                                  {"parameters", tool["parameters"]},
                                  {"strict", false}}));
  }
  return tools;
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json new_response_object(const ResponseRequest& request, const TextModel& model,
                         std::int64_t created_at) {
  const SamplingOptions& sampling = request.sampling.options;
  return Json::object({
      {"id", random_id(kResponseIdPrefix)},
      {"object", "response"},
      {"created_at", created_at},
      {"status", request.background ? "queued" : "in_progress"},
      {"background", request.background},
      {"completed_at", nullptr},
      {"error", nullptr},
      {"incomplete_details", nullptr},
      {"instructions", request.instructions ? Json(*request.instructions) : Json()},
      {"max_output_tokens", request.max_output_tokens ? Json(*request.max_output_tokens) : Json()},
      {"metadata", metadata_object(request.caller)},
      {"model", model.id()},
      {"output", Json::array()},
      {"parallel_tool_calls", request.tools.parallel},
      {"previous_response_id", text_or_null(request.previous_response_id)},
      {"reasoning",
       Json::object({{"effort", request.prompt.enable_thinking ? Json() : Json("none")},
                     {"summary", nullptr}})},
      {"service_tier", tier_used(request.caller.service_tier)},
      {"safety_identifier", text_or_null(request.caller.safety_identifier)},
      {"store", request.store},
      {"temperature", sampling.temperature},
      {"text",
       Json::object({{"format", request.shown_format.is_null() ? Json::object({{"type", "text"}})
                                                               : request.shown_format},
                     {"verbosity", "medium"}})},
      {"tool_choice", request.tools.choice.is_null() ? Json("auto") : request.tools.choice},
      {"tools", shown_tools(request.tools_given)},
      {"user", text_or_null(request.caller.user)},
      {"top_logprobs", request.top_logprobs},
      {"top_p", sampling.top_p},
      {"truncation", request.drop_oldest ? "auto" : "disabled"},
      {"x_diptych", Json::object({{"system_fingerprint", model.fingerprint()}})},
  });
}

void add_warnings(Json& object, const Warnings& warnings) {
  if (warnings.empty()) return;
  Json& extension = object.find("x_diptych") ? *object.find("x_diptych")
                                             : object.set("x_diptych", Json::object());
  Json& list = extension.find("warnings") ? *extension.find("warnings")
                                          : extension.set("warnings", Json::array());
  for (const Warning& warning : warnings)
    list.push_back(
        Json::object({{"param", text_or_null(warning.param)}, {"message", warning.message}}));
}

void set_completed(Json& object, Json output, const TokenCounts& counts, std::int64_t now) {
  object.set("status", "completed");
  object.set("completed_at", now);
  object.set("output", std::move(output));
  object.set("usage", responses_usage(counts));
}

void set_incomplete(Json& object, Json output, const TokenCounts& counts) {
  object.set("status", "incomplete");
  object.set("incomplete_details", Json::object({{"reason", "max_output_tokens"}}));
  object.set("output", std::move(output));
  object.set("usage", responses_usage(counts));
}

void set_cancelled(Json& object, Json output) {
  object.set("status", "cancelled");
  object.set("output", std::move(output));
}

void set_failed(Json& object, Json output, const Error& error) {
  object.set("status", "failed");
  object.set("error", error_of_response(error));
  object.set("output", std::move(output));
}

Json error_of_response(const Error& error) {
  const bool overload = error.code == ErrorCode::kOverloaded;
  const bool internal = error.code == ErrorCode::kInternal || error.code == ErrorCode::kIo;
  return Json::object({{"code", overload ? "rate_limit_exceeded" : "server_error"},
                       {"message", internal ? "The server had an error while it made this response."
                                            : error.message}});
}

bool is_final_status(std::string_view status) {
  return status != "queued" && status != "in_progress";
}

}  // namespace diptych::openai
