#pragma once
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "base/file.h"
#include "compute/tensor.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/tiny_decoder.h"
#include "jobs/event_feed.h"

namespace diptych {

// The tiny autoencoder of the model's family, where the models folder has one:
// vae-approx/taesd (SD 1.x, 2.x), vae-approx/taesdxl, as diffusers saves them.
std::optional<TinyDecoder> find_tiny_decoder(const Path& models_folder, const PictureModel& model);

// A small JPEG of the first picture of an estimate [batch, channels, h, w]: by the tiny autoencoder
// (null: there is none), by the model's own where that is small, else each pixel from one latent.
// At most 256 pixels a side; costs a few milliseconds. kUnsupported: nothing shows latents of this
// family.
Result<JobPreview> make_preview(PictureModel& model, const TinyDecoder* tiny,
                                const Tensor64& denoised, const std::stop_token& stop);

}  // namespace diptych
