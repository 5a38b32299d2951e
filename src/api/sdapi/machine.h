#pragma once
// The server and the machine it runs on.

#include "api/call.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> get_memory(const Call& call, Services& services);    // GET …/memory
Result<Reply> get_version(const Call& call, Services& services);   // GET …/version
Result<Reply> say_nothing(const Call& call, Services& services);   // {}: /internal/ping, …/start
Result<Reply> say_no_words(const Call& call, Services& services);  // "": …/motd

}  // namespace diptych::sdapi
