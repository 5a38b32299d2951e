#pragma once
// Latents ↔ pixels through the model's autoencoder, picture by picture, in tiles where a picture is
// large.

#include <stop_token>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/picture_model.h"

namespace diptych {

enum class Tiling { kAuto, kNever, kAlways };

struct AutoencodeOptions {
  Tiling tiling = Tiling::kAuto;  // kAuto: above 1024×1024 pixels
  int tile_pixels = 512;
};

// latents: [batch, channels, height, width] → [batch, 3, height·8, width·8], about −1 … 1.
Result<Tensor> decode_latents(PictureModel& model, const Tensor& latents,
                              const AutoencodeOptions& options, const std::stop_token& stop);

// image: [batch, 3, height, width] in −1 … 1, sizes multiples of 8 → the distribution's draw with
// `noise` [batch, channels, height/8, width/8]; an empty noise: its mean.
Result<Tensor> encode_image(PictureModel& model, const Tensor& image, const Tensor& noise,
                            const AutoencodeOptions& options, const std::stop_token& stop);

}  // namespace diptych
