#pragma once
// What an init image and its mask become before anything is drawn: fitted, cropped to the mask,
// filled, encoded; and how the drawn picture goes back into the original.

#include <optional>
#include <stop_token>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/picture_model.h"
#include "image/pixels/box.h"

namespace diptych {

struct PreparedInit {
  Picture picture;              // RGB, width × height of the request
  std::optional<Picture> mask;  // the same size, blurred; white is drawn anew
  // Only-masked: where the drawn picture goes in the original.
  std::optional<Box> region;
  Picture original;      // the size of the result
  Picture overlay_mask;  // of the original: white takes the drawn picture
};

// Pictures only; no model. Errors: kInvalidArgument (a mask that covers nothing with only_masked).
Result<PreparedInit> prepare_init(const InitImage& init, int width, int height);

// The drawn picture laid into the original through the mask; without a mask, itself.
Picture finish_init(const PreparedInit& init, const Picture& drawn);

struct InitLatents {
  Tensor64 latents;           // [1, channels, height, width]
  std::vector<double> share;  // [height, width] of what is drawn anew; empty: all
};
Result<InitLatents> encode_init(PictureModel& model, const PreparedInit& prepared,
                                const InitImage& init, const std::stop_token& stop);

// The further channels of an inpainting model [1, 1 + channels, height, width]: mask, and the
// picture without what the mask covers. No init image: everything is drawn anew.
Result<Tensor> inpaint_channels(PictureModel& model, const PreparedInit* prepared,
                                const Shape& latents, const std::stop_token& stop);

}  // namespace diptych
