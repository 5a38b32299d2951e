#pragma once
// What stands between the two passes of a hires drawing. One row an upscaler: of latents, or of
// pixels between a decode and an encode.

#include <span>
#include <stop_token>
#include <string_view>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/picture_model.h"
#include "image/pixels/resize.h"

namespace diptych {

struct HiresUpscalerRow {
  std::string_view name;  // A1111's label
  bool latent;
  PlaneResize planes;   // latent
  ResizeFilter pixels;  // else
};
std::span<const HiresUpscalerRow> hires_upscalers();
Result<const HiresUpscalerRow*> get_hires_upscaler(std::string_view name);  // the error lists them

// latents: [batch, channels, h, w] → those of the second pass's size.
Result<Tensor64> upscale_latents(PictureModel& model, const Tensor64& latents, const Hires& hires,
                                 const std::stop_token& stop);

}  // namespace diptych
