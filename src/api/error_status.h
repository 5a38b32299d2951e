#pragma once
// One table: what an Error is over HTTP.

#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

struct ErrorStatus {
  ErrorCode code;
  std::string_view detail;  // "": any detail without a row of its own
  int http_status;
  std::string_view type;          // OpenAI's error.type
  std::string_view default_code;  // OpenAI's error.code when detail is empty; "": null
  bool waiting_helps = false;     // retry-after is sent, at least one second
  bool never_retry = false;  // x-should-retry: false, for statuses that clients retry by themselves
  std::string_view sdapi_class = "InvalidInput";  // sdapi's "error"
  int sdapi_status = 0;                           // 0: http_status
};

const ErrorStatus& status_of(const Error& error);
std::string openai_error_json(const Error& error);  // {"error":{"message","type","param","code"}}
// A1111's two shapes: what a field is told of as FastAPI's validation does, {"detail":[{"loc",
// "msg","type"}]}, and the rest as {"error","detail","body","errors"}.
struct SdapiError {
  int status = 0;
  std::string body;
};
SdapiError sdapi_error(const Error& error, std::string_view request_id);
std::string_view metric_label(const Error& error);  // "invalid_argument", …: bounded in number

}  // namespace diptych
