#pragma once
// A tiny autoencoder (TAESD, Ollin Boer Bohan 2023): previews and fast decoding. Latents are the
// diffusion model's own, without scale and shift. Names of weights: diffusers' ("decoder.layers.N")
// or those of the original files, one for each half ("N", counted from the decoder's clamp).

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"
#include "image/models/kl_vae.h"
#include "image/models/tiny_vae_config.h"

namespace diptych {

enum class TinyVaeNames { kDiffusers, kIndexed };

// Input:  image [batch, 3, height, width], −1 … 1; sizes are multiples of reduction().
// Output: latents [batch, latent_channels, height/r, width/r].
Result<Graph> build_tiny_vae_encoder(const WeightSource& weights, const TinyVaeConfig& config,
                                     const VaeShape& shape);
// Input:  latents [batch, latent_channels, height, width].
// Output: image [batch, 3, height·r, width·r], about −1 … 1, not clamped.
Result<Graph> build_tiny_vae_decoder(const WeightSource& weights, const TinyVaeConfig& config,
                                     const VaeShape& shape);
// Errors of both: kInvalidArgument (tensors missing or of other shapes, sizes out of range).

std::vector<WeightInfo> expected_encoder_weights(const TinyVaeConfig& config,
                                                 TinyVaeNames names = TinyVaeNames::kDiffusers);
std::vector<WeightInfo> expected_decoder_weights(const TinyVaeConfig& config,
                                                 TinyVaeNames names = TinyVaeNames::kDiffusers);

}  // namespace diptych
