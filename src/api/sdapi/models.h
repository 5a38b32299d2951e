#pragma once
// Checkpoints and options.

#include "api/call.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> list_models(const Call& call, Services& services);     // GET …/sd-models
Result<Reply> get_checkpoint(const Call& call, Services& services);  // GET …/checkpoint
Result<Reply> set_checkpoint(const Call& call, Services& services);  // POST …/checkpoint
Result<Reply> refresh_checkpoints(const Call& call, Services& services);
Result<Reply> refresh_nothing(const Call& call, Services& services);  // what there is none of
Result<Reply> refresh_styles(const Call& call, Services& services);
Result<Reply> unload_checkpoint(const Call& call, Services& services);
Result<Reply> reload_checkpoint(const Call& call, Services& services);
Result<Reply> get_options(const Call& call, Services& services);
Result<Reply> set_options(const Call& call, Services& services);
Result<Reply> describe_options(const Call& call, Services& services);  // GET …/options-info
Result<Reply> get_flags(const Call& call, Services& services);         // GET …/cmd-flags

}  // namespace diptych::sdapi
