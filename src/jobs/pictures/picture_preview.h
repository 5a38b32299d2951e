#pragma once
#include <stop_token>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/picture_model.h"
#include "jobs/event_feed.h"

namespace diptych {

// A small JPEG of picture `index` of an estimate [batch, channels, h, w]: by the model's own
// autoencoder where that is small, else each pixel from one latent. At most 256 pixels a side;
// costs a few milliseconds. kUnsupported: nothing shows latents of this family.
Result<JobPreview> make_preview(PictureModel& model, const Tensor64& denoised, int index,
                                const std::stop_token& stop);

}  // namespace diptych
