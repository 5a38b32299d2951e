#pragma once
// The autoencoder between pictures and latents (Rombach et al. 2022), as diffusers' AutoencoderKL
// computes it. Golden: diffusers 0.42, relative error 1e-4.

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/tensor.h"
#include "compute/weight_source.h"
#include "image/models/kl_vae_config.h"

namespace diptych {

// Of the graph's own input: pixels for an encoder, latent pixels for a decoder. A tile is a smaller
// picture: tiled decoding builds the graph once with the tile's shape.
struct VaeShape {
  int batch = 1;
  int height = 64, width = 64;
};

// Input:  image [batch, 3, height, width], −1 … 1; sizes are multiples of reduction().
// Outputs: mean, logvar [batch, latent_channels, height/r, width/r]: of the VAE's own latents;
// logvar is kept within −30 … 20. draw_latents makes the diffusion model's latents of them.
Result<Graph> build_vae_encoder(const WeightSource& weights, const KlVaeConfig& config,
                                const VaeShape& shape);

// Input:  latents [batch, latent_channels, height, width] as the diffusion model has them: the
//         graph undoes scale and shift itself.
// Output: image [batch, 3, height·r, width·r], about −1 … 1, not clamped.
Result<Graph> build_vae_decoder(const WeightSource& weights, const KlVaeConfig& config,
                                const VaeShape& shape);
// Errors of both: kInvalidArgument (tensors missing or of other shapes, sizes out of range).

// (mean + exp(logvar / 2) · noise) in the diffusion model's scale; empty noise: the mean itself.
// All of one shape [batch, latent_channels, height, width].
Tensor draw_latents(const LatentScale& scale, const Tensor& mean, const Tensor& logvar,
                    const Tensor& noise);

// Each direction needs its own half only.
std::vector<WeightInfo> expected_encoder_weights(const KlVaeConfig& config);
std::vector<WeightInfo> expected_decoder_weights(const KlVaeConfig& config);

}  // namespace diptych
