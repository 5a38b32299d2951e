#pragma once
// Upscaling of finished pictures.

#include "api/call.h"
#include "api/field.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> upscale_picture(const Call& call, Services& services);   // POST …/extra-single-image
Result<Reply> upscale_pictures(const Call& call, Services& services);  // POST …/extra-batch-images

extern const BodySchema kExtraSingleSchema, kExtraBatchSchema;

}  // namespace diptych::sdapi
