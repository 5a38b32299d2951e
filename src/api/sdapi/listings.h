#pragma once
// What there is to choose from, by the registries.

#include "api/call.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> list_samplers(const Call& call, Services& services);
Result<Reply> list_schedulers(const Call& call, Services& services);
Result<Reply> list_upscalers(const Call& call, Services& services);
Result<Reply> list_latent_upscale_modes(const Call& call, Services& services);
Result<Reply> list_prompt_styles(const Call& call, Services& services);
Result<Reply> list_embeddings(const Call& call, Services& services);
Result<Reply> list_scripts(const Call& call, Services& services);
Result<Reply> list_nothing(const Call& call,
                           Services& services);  // []: what this server has none of

}  // namespace diptych::sdapi
