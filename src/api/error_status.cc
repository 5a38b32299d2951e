#include "api/error_status.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/route.h"
#include "base/check.h"
#include "base/json.h"

namespace diptych {
namespace {

constexpr std::string_view kRequest = "invalid_request_error";
constexpr int kRetryDefaultMs = 1000;

// Rows with a detail first; the row without one closes each code. 409 and 5xx are retried by the
// official clients unless told otherwise, so an error that repeating cannot cure says so.
constexpr ErrorStatus kRows[] = {
    {ErrorCode::kInvalidArgument, "request_too_large", 413, kRequest, ""},
    {ErrorCode::kInvalidArgument, "unsupported_media_type", 415, kRequest, ""},
    {ErrorCode::kInvalidArgument, "header_too_large", 431, kRequest, ""},
    {ErrorCode::kInvalidArgument, "unprocessable_entity", 422, kRequest, ""},
    {ErrorCode::kInvalidArgument, "", 400, kRequest, ""},
    {ErrorCode::kNotFound, "", 404, kRequest, ""},
    {ErrorCode::kConflict, "", 409, kRequest, "conflict", false, true},
    {ErrorCode::kUnsupported, "method_not_allowed", 405, kRequest, ""},
    {ErrorCode::kUnsupported, "", 400, kRequest, "unsupported_parameter"},
    {ErrorCode::kOverloaded, "model_loading", 503, "server_error", "", true},
    {ErrorCode::kOverloaded, "model_stalled", 503, "server_error", "", true},
    {ErrorCode::kOverloaded, "overloaded", 503, "server_error", "", true},
    {ErrorCode::kOverloaded, "tokens", 429, "tokens", "", true},
    {ErrorCode::kOverloaded, "", 429, "requests", "rate_limit_exceeded", true},
    {ErrorCode::kBudgetSpent, "", 429, "insufficient_quota", "insufficient_quota", false, true},
    {ErrorCode::kCancelled, "", 503, "server_error", "overloaded",
     true},  // we are shutting down; another instance may answer
    {ErrorCode::kTimeout, "request_timeout", 408, "timeout_error", ""},
    {ErrorCode::kTimeout, "", 503, "server_error", "timeout", true},
    {ErrorCode::kUnauthorized, "", 401, kRequest, ""},  // without a code: no key was sent
    {ErrorCode::kForbidden, "", 403, kRequest, "insufficient_permissions"},
    {ErrorCode::kIo, "", 500, "server_error", ""},
    {ErrorCode::kOutOfMemory, "", 503, "server_error", "overloaded", true},
    {ErrorCode::kInternal, "", 500, "server_error", ""},
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

}  // namespace

const ErrorStatus& status_of(const Error& error) {
  for (const ErrorStatus& row : kRows)
    if (row.code == error.code && (row.detail.empty() || row.detail == error.detail)) return row;
  CHECK(false);  // every code has a closing row
}

std::string openai_error_json(const Error& error) {
  return dump_json(Json::object({{"error", error_object(error, "")}}));
}

std::string_view metric_label(const Error& error) { return name_of(error.code); }

Answer error_answer(const Error& error, ErrorStyle style, std::string_view request_id) {
  Answer answer;
  answer.status = status_of(error).http_status;
  answer.headers = retry_headers(error);
  Json body = Json::object({{"error", error_object(error, request_id)}});
  if (style == ErrorStyle::kDiptych) body.set("request_id", request_id);
  answer.body = dump_json(body);
  return answer;
}

}  // namespace diptych
