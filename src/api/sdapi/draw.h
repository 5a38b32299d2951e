#pragma once
#include "api/call.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> text_to_image(const Call& call, Services& services);   // POST /sdapi/v1/txt2img
Result<Reply> image_to_image(const Call& call, Services& services);  // POST /sdapi/v1/img2img

}  // namespace diptych::sdapi
