#pragma once
// From a body to a job for the queue: names looked up, sizes and seeds decided, pictures kept.

#include <cstdint>
#include <string>

#include "api/picture_order.h"
#include "api/sdapi/desk.h"
#include "api/sdapi/drawing_body.h"
#include "api/services.h"

namespace diptych::sdapi {

struct DrawingOrder {
  PictureOrder order;
  std::int64_t subseed = 0;  // of the first picture, whether it is mixed in or not
  double subseed_strength = 0;
};

// May wait for the disk. Errors: 404 for a sampler, schedule, upscaler or model that is not there,
// else they name the field.
Result<DrawingOrder> make_drawing_order(DrawingBody body, const Desk& desk, Services& services);

}  // namespace diptych::sdapi
