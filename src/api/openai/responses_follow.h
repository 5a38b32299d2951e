#pragma once
// Reading the events of a stored background response: what there is, then what comes.

#include <cstdint>
#include <memory>
#include <string>

#include "api/call.h"
#include "api/services.h"

namespace diptych::openai {

// Events after the given number (-1: all). Ends after the last event of the response, or when it is
// cancelled or erased. Destroying it does not touch the response.
std::unique_ptr<ChunkSource> follow_response(std::string id, std::string owner, std::int64_t after,
                                             Services& services);

}  // namespace diptych::openai
