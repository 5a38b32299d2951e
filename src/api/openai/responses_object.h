#pragma once
// The response object, from the request to its end.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/openai/responses_request.h"
#include "api/openai/usage.h"
#include "base/error.h"
#include "base/json.h"
#include "text/model.h"

namespace diptych::openai {

// Queued (background) or in progress, with everything that is known before the answer.
Json new_response_object(const ResponseRequest& request, const TextModel& model,
                         std::int64_t created_at);

void add_warnings(Json& object,
                  const Warnings& warnings);  // x_diptych.warnings; adds to those that are there

// The ends. output: the items.
void set_completed(Json& object, Json output, const TokenCounts& counts, std::int64_t now);
void set_incomplete(Json& object, Json output,
                    const TokenCounts& counts);  // stopped by max_output_tokens
void set_cancelled(Json& object, Json output);
void set_failed(Json& object, Json output, const Error& error);

// The object's {"code","message"} for an error: what a client may see of it.
Json error_of_response(const Error& error);

bool is_final_status(std::string_view status);

}  // namespace diptych::openai
