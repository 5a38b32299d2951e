#pragma once
// Sizes of a drawing and of its second pass, as A1111 reckons them.

#include "api/sdapi/drawing_body.h"

namespace diptych::sdapi {

// Fills request.width, height and hires from the fields. Sides are rounded down to multiples of 8,
// with a warning. Errors name the field; an upscaler, sampler or schedule that is not there is
// kNotFound.
Status choose_sizes(DrawingBody& body);

}  // namespace diptych::sdapi
