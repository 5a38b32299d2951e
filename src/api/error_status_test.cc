#include "api/error_status.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/route.h"
#include "base/json.h"

namespace diptych {
namespace {

struct Row {
  ErrorCode code;
  std::string detail;
  int status;
  std::string type, shown_code;
};

TEST(ErrorTable, GivesEachErrorItsStatusTypeAndCode) {
  const Row rows[] = {
      {ErrorCode::kInvalidArgument, "unknown_parameter", 400, "invalid_request_error",
       "unknown_parameter"},
      {ErrorCode::kInvalidArgument, "request_too_large", 413, "invalid_request_error",
       "request_too_large"},
      {ErrorCode::kInvalidArgument, "", 400, "invalid_request_error", ""},
      {ErrorCode::kUnauthorized, "", 401, "invalid_request_error", ""},
      {ErrorCode::kUnauthorized, "invalid_api_key", 401, "invalid_request_error",
       "invalid_api_key"},
      {ErrorCode::kForbidden, "", 403, "invalid_request_error", "insufficient_permissions"},
      {ErrorCode::kNotFound, "model_not_found", 404, "invalid_request_error", "model_not_found"},
      {ErrorCode::kUnsupported, "method_not_allowed", 405, "invalid_request_error",
       "method_not_allowed"},
      {ErrorCode::kUnsupported, "", 400, "invalid_request_error", "unsupported_parameter"},
      {ErrorCode::kTimeout, "request_timeout", 408, "timeout_error", "request_timeout"},
      {ErrorCode::kConflict, "", 409, "invalid_request_error", "conflict"},
      {ErrorCode::kOverloaded, "", 429, "requests", "rate_limit_exceeded"},
      {ErrorCode::kOverloaded, "model_loading", 503, "server_error", "model_loading"},
      {ErrorCode::kOverloaded, "model_stalled", 503, "server_error", "model_stalled"},
      {ErrorCode::kBudgetSpent, "", 429, "insufficient_quota", "insufficient_quota"},
      {ErrorCode::kInternal, "", 500, "server_error", ""},
      {ErrorCode::kIo, "", 500, "server_error", ""},
      {ErrorCode::kCancelled, "", 503, "server_error", "overloaded"},
      {ErrorCode::kOutOfMemory, "", 503, "server_error", "overloaded"},
  };
  for (const Row& row : rows) {
    const Answer answer = error_answer(
        Error{.code = row.code, .message = "words", .param = "p", .detail = row.detail},
        ErrorStyle::kOpenAi, "req_1");
    const Json error = (*parse_json(answer.body))["error"];
    EXPECT_EQ(answer.status, row.status) << name_of(row.code) << row.detail;
    EXPECT_EQ(error["type"].as_string(), row.type) << name_of(row.code);
    EXPECT_EQ(error["code"], row.shown_code.empty() ? Json() : Json(row.shown_code))
        << name_of(row.code);
    EXPECT_EQ(error["param"].as_string(), "p");
    EXPECT_NE(error.find("message"), nullptr);
  }
}

std::string header_of(const Answer& answer, std::string_view name) {
  const auto found = std::ranges::find(answer.headers, name, &Header::first);
  return found == answer.headers.end() ? "" : found->second;
}

TEST(ErrorTable, SaysWhenToComeBack) {
  const Answer answer =
      error_answer(Error{.code = ErrorCode::kOverloaded, .message = "full", .retry_after_ms = 1200},
                   ErrorStyle::kOpenAi, "");
  EXPECT_EQ(header_of(answer, "retry-after"), "2");
  EXPECT_EQ(header_of(answer, "retry-after-ms"), "1200");
}

TEST(ErrorTable, SaysWhenComingBackIsUseless) {
  const Answer answer = error_answer(Error{.code = ErrorCode::kBudgetSpent, .message = "spent"},
                                     ErrorStyle::kOpenAi, "");
  EXPECT_EQ(header_of(answer, "x-should-retry"), "false");
  EXPECT_EQ(header_of(answer, "retry-after"), "");
}

struct SdapiRow {
  Error error;
  int status;
  std::string body;
};

TEST(ErrorTable, SpeaksAsA1111Does) {
  const SdapiRow rows[] = {
      {{.code = ErrorCode::kInvalidArgument,
        .message = "too few",
        .param = "steps",
        .detail = "integer_below_min_value"},
       422,
       R"({"detail":[{"loc":["body","steps"],"msg":"too few","type":"greater_than_equal"}]})"},
      {{.code = ErrorCode::kUnsupported, .message = "no", .param = "init_images[12].data"},
       422,
       R"({"detail":[{"loc":["body","init_images",12,"data"],"msg":"no","type":"value_error"}]})"},
      {{.code = ErrorCode::kInvalidArgument, .message = "no JSON", .detail = "invalid_json"},
       422,
       R"({"detail":[{"loc":["body"],"msg":"no JSON","type":"json_invalid"}]})"},
      {{.code = ErrorCode::kNotFound, .message = "no model", .param = "sampler_name"},
       404,
       R"({"error":"NotFound","detail":"no model","body":"","errors":"no model"})"},
      {{.code = ErrorCode::kConflict, .message = "gone", .detail = "job_cancelled"},
       409,
       R"({"error":"Cancelled","detail":"gone","body":"","errors":"gone"})"},
      {{.code = ErrorCode::kOutOfMemory, .message = "full"},
       507,
       R"({"error":"OutOfMemory","detail":"full","body":"","errors":"full"})"},
      {{.code = ErrorCode::kOverloaded, .message = "wait"},
       429,
       R"({"error":"QueueFull","detail":"wait","body":"","errors":"wait"})"},
      {{.code = ErrorCode::kUnsupported, .message = "not here"},
       501,
       R"({"error":"NotSupported","detail":"not here","body":"","errors":"not here"})"},
  };
  for (const SdapiRow& row : rows) {
    const Answer answer = error_answer(row.error, ErrorStyle::kSdapi, "req_1");
    EXPECT_EQ(answer.status, row.status) << row.body;
    EXPECT_EQ(answer.body, row.body);
  }
}

TEST(ErrorTable, KeepsOurOwnFaultsToTheLog) {
  const Answer answer =
      error_answer(Error{.code = ErrorCode::kInternal, .message = "/secret/path: SELECT"},
                   ErrorStyle::kOpenAi, "req_9");
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_NE(answer.body.find("req_9"), std::string::npos);
}

}  // namespace
}  // namespace diptych
