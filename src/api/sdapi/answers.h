#pragma once
// Small answers. Clients read every one as JSON: none has no body.

#include <cstdint>
#include <string>

#include "api/call.h"
#include "base/json.h"

namespace diptych::sdapi {

Reply json_answer(const Json& body);
Reply empty_answer();  // {}
Reply null_answer();   // null

std::string compact_time(std::int64_t unix_ms);  // "20261124173003", universal time

}  // namespace diptych::sdapi
