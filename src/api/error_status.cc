#include "api/error_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/route.h"
#include "base/check.h"
#include "base/json.h"

namespace diptych {
namespace {

constexpr std::string_view kRequest = "invalid_request_error";
constexpr int kRetryDefaultMs = 1000;
constexpr int kUnprocessable = 422;

// Rows with a detail first; the row without one closes each code. 409 and 5xx are retried by the
// official clients unless told otherwise, so an error that repeating cannot cure says so.
constexpr ErrorStatus kRows[] = {
    {ErrorCode::kInvalidArgument, "request_too_large", 413, kRequest, ""},
    {ErrorCode::kInvalidArgument, "unsupported_media_type", 415, kRequest, ""},
    {ErrorCode::kInvalidArgument, "header_too_large", 431, kRequest, ""},
    {ErrorCode::kInvalidArgument, "upgrade_required", 426, kRequest, ""},
    {ErrorCode::kInvalidArgument, "unprocessable_entity", 422, kRequest, ""},
    {ErrorCode::kInvalidArgument, "", 400, kRequest, ""},
    {ErrorCode::kNotFound, "", 404, kRequest, "", false, false, "NotFound"},
    {ErrorCode::kConflict, "job_cancelled", 409, kRequest, "", false, true, "Cancelled"},
    {ErrorCode::kConflict, "", 409, kRequest, "conflict", false, true, "Conflict"},
    {ErrorCode::kUnsupported, "method_not_allowed", 405, kRequest, ""},
    {ErrorCode::kUnsupported, "", 400, kRequest, "unsupported_parameter", false, false,
     "NotSupported", 501},
    {ErrorCode::kOverloaded, "model_loading", 503, "server_error", "", true, false, "ModelLoading"},
    {ErrorCode::kOverloaded, "model_stalled", 503, "server_error", "", true, false, "QueueFull"},
    {ErrorCode::kOverloaded, "overloaded", 503, "server_error", "", true, false, "QueueFull"},
    {ErrorCode::kOverloaded, "tokens", 429, "tokens", "", true, false, "QueueFull"},
    {ErrorCode::kOverloaded, "", 429, "requests", "rate_limit_exceeded", true, false, "QueueFull"},
    {ErrorCode::kBudgetSpent, "", 429, "insufficient_quota", "insufficient_quota", false, true,
     "BudgetSpent"},
    // We are shutting down; another instance may answer.
    {ErrorCode::kCancelled, "", 503, "server_error", "overloaded", true, false, "ShuttingDown"},
    {ErrorCode::kTimeout, "request_timeout", 408, "timeout_error", "", false, false, "Timeout"},
    {ErrorCode::kTimeout, "", 503, "server_error", "timeout", true, false, "Timeout"},
    // Without a code: no key was sent.
    {ErrorCode::kUnauthorized, "", 401, kRequest, "", false, false, "Unauthorized"},
    {ErrorCode::kForbidden, "", 403, kRequest, "insufficient_permissions", false, false,
     "Forbidden"},
    {ErrorCode::kIo, "", 500, "server_error", "", false, false, "ServerError"},
    {ErrorCode::kOutOfMemory, "", 503, "server_error", "overloaded", true, false, "OutOfMemory",
     507},
    {ErrorCode::kInternal, "", 500, "server_error", "", false, false, "ServerError"},
};

std::string_view code_text(const Error& error) {
  if (!error.detail.empty()) return error.detail;
  return status_of(error).default_code;
}

// Details of our own faults (paths, SQL, library words) stay in the log.
std::string shown_message(const Error& error, std::string_view request_id) {
  if (status_of(error).http_status != 500) return error.message;
  return fmt::format("The server had an error while answering your request{}.",
                     request_id.empty() ? "" : fmt::format(" (request id {})", request_id));
}

Json error_object(const Error& error, std::string_view request_id) {
  const std::string_view code = code_text(error);
  return Json::object({{"message", shown_message(error, request_id)},
                       {"type", status_of(error).type},
                       {"param", error.param.empty() ? Json() : Json(error.param)},
                       {"code", code.empty() ? Json() : Json(code)}});
}

std::vector<Header> retry_headers(const Error& error) {
  const ErrorStatus& row = status_of(error);
  if (row.never_retry) return {{"x-should-retry", "false"}};
  if (!row.waiting_helps) return {};
  const int wait_ms = error.retry_after_ms > 0 ? error.retry_after_ms : kRetryDefaultMs;
  return {{"retry-after", fmt::format("{}", std::max(1, (wait_ms + 999) / 1000))},
          {"retry-after-ms", fmt::format("{}", wait_ms)}};
}

// "init_images[0]" → ["body", "init_images", 0]
Json location_of(std::string_view param) {
  Json place = Json::array({"body"});
  while (!param.empty()) {
    const std::size_t end = std::min(param.find_first_of(".[", 1), param.size());
    std::string_view part = param.substr(0, end);
    param.remove_prefix(end);
    if (part.front() == '.') part.remove_prefix(1);
    if (!part.starts_with('[')) {
      place.push_back(part);
      continue;
    }
    int index = 0;
    std::from_chars(part.data() + 1, part.data() + part.size(), index);
    place.push_back(index);
  }
  return place;
}

// pydantic's words for what is wrong with a value.
std::string_view validation_type(std::string_view detail) {
  if (detail.ends_with("_below_min_value")) return "greater_than_equal";
  if (detail.ends_with("_above_max_value")) return "less_than_equal";
  if (detail == "missing_required_parameter") return "missing";
  if (detail == "invalid_json") return "json_invalid";
  if (detail == "invalid_type") return "type_error";
  if (detail == "unknown_parameter") return "extra_forbidden";
  return "value_error";
}

bool concerns_a_field(const Error& error) {
  if (error.code != ErrorCode::kInvalidArgument && error.code != ErrorCode::kUnsupported)
    return false;
  return !error.param.empty() || error.detail == "invalid_json";
}

}  // namespace

const ErrorStatus& status_of(const Error& error) {
  for (const ErrorStatus& row : kRows)
    if (row.code == error.code && (row.detail.empty() || row.detail == error.detail)) return row;
  CHECK(false);  // every code has a closing row
}

std::string openai_error_json(const Error& error) {
  return dump_json(Json::object({{"error", error_object(error, "")}}));
}

SdapiError sdapi_error(const Error& error, std::string_view request_id) {
  const std::string message = shown_message(error, request_id);
  if (concerns_a_field(error)) {
    const Json item = Json::object({{"loc", location_of(error.param)},
                                    {"msg", message},
                                    {"type", validation_type(error.detail)}});
    return {kUnprocessable, dump_json(Json::object({{"detail", Json::array({item})}}))};
  }
  const ErrorStatus& row = status_of(error);
  const Json body = Json::object(
      {{"error", row.sdapi_class}, {"detail", message}, {"body", ""}, {"errors", message}});
  return {row.sdapi_status != 0 ? row.sdapi_status : row.http_status, dump_json(body)};
}

std::string_view metric_label(const Error& error) { return name_of(error.code); }

Answer error_answer(const Error& error, ErrorStyle style, std::string_view request_id) {
  Answer answer;
  answer.status = status_of(error).http_status;
  answer.headers = retry_headers(error);
  if (style == ErrorStyle::kSdapi) {
    SdapiError shown = sdapi_error(error, request_id);
    answer.status = shown.status;
    answer.body = std::move(shown.body);
    return answer;
  }
  Json body = Json::object({{"error", error_object(error, request_id)}});
  if (style == ErrorStyle::kDiptych) body.set("request_id", request_id);
  answer.body = dump_json(body);
  return answer;
}

}  // namespace diptych
