#pragma once
#include "api/call.h"
#include "api/field.h"
#include "api/services.h"

namespace diptych::sdapi {

Result<Reply> read_png_info(const Call& call, Services& services);  // POST …/png-info
extern const BodySchema kPngInfoSchema;

}  // namespace diptych::sdapi
