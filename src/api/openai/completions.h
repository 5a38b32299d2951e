#pragma once
// POST /v1/completions.

#include "api/call.h"
#include "api/services.h"

namespace diptych::openai {

Result<Reply> create_completion(const Call& call, Services& services);

}  // namespace diptych::openai
