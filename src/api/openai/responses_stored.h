#pragma once
#include "api/call.h"
#include "api/services.h"

namespace diptych::openai {

Result<Reply> get_response(const Call& call,
                           Services& services);  // GET /v1/responses/{response_id}
Result<Reply> delete_response(const Call& call,
                              Services& services);  // DELETE /v1/responses/{response_id}
Result<Reply> cancel_response(const Call& call,
                              Services& services);  // POST /v1/responses/{response_id}/cancel
Result<Reply> list_input_items(const Call& call,
                               Services& services);  // GET /v1/responses/{response_id}/input_items

}  // namespace diptych::openai
