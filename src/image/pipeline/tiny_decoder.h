#pragma once
// A tiny autoencoder beside a model: its latents as pixels, nearly right, for a hundredth of the
// cost.

#include <stop_token>

#include "base/error.h"
#include "base/file.h"
#include "compute/tensor.h"
#include "image/models/tiny_vae_config.h"
#include "image/pipeline/picture_model.h"

namespace diptych {

class TinyDecoder {  // one owner thread, the model's
 public:
  // A diffusers folder of an AutoencoderTiny. Errors: kNotFound; kUnsupported: another class, or
  // latents of other channels than the model's.
  static Result<TinyDecoder> open(const Path& folder, const PictureModel& model);

  // latents: [1, channels, height, width] → [1, 3, height·r, width·r], about −1 … 1. On the device
  // of the model's autoencoder.
  Result<Tensor> decode(PictureModel& model, const Tensor& latents,
                        const std::stop_token& stop) const;

 private:
  TinyDecoder(ModelPart part, TinyVaeConfig config)
      : part_(std::move(part)), config_(std::move(config)) {}

  ModelPart part_;
  TinyVaeConfig config_;
};

}  // namespace diptych
