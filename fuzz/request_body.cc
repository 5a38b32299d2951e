// Field tables: any body becomes a valid request or an error in the client's words, never one that says the fault is ours.

#include "api/openai/chat_fields.h"
#include "api/openai/responses_request.h"
#include "base/check.h"
#include "fuzz_target.h"

namespace {

using namespace diptych;

constexpr int kChoicesMax = 16;

void check_error(const Error& error) {
  CHECK(error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnsupported);
  CHECK(!error.message.empty());
}

void check_chat(std::string_view text) {
  const auto body = openai::parse_chat_body(text, kChoicesMax);
  if (!body) return check_error(body.error());
  CHECK(!body->messages.empty());
  CHECK(body->choice_count >= 1 && body->choice_count <= kChoicesMax);
  CHECK(!body->model.empty());
}

void check_response(std::string_view text) {
  openai::ResponseRequest request;
  Warnings warnings;
  const auto parsed = openai::parse_response_request(text, request, warnings);
  if (!parsed) return check_error(parsed.error());
  CHECK(request.top_logprobs >= 0 && request.top_logprobs <= 20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(data, size);
  check_chat(text);
  check_response(text);
  return 0;
}
