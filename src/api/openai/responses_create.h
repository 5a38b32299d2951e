#pragma once
#include "api/call.h"
#include "api/services.h"

namespace diptych::openai {

Result<Reply> create_response(const Call& call, Services& services);  // POST /v1/responses
Result<Reply> count_input_tokens(const Call& call,
                                 Services& services);  // POST /v1/responses/input_tokens

}  // namespace diptych::openai
