#pragma once
// The shape of a KL autoencoder as diffusers' AutoencoderKL describes it in config.json, and the
// scale of its latents.

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "compute/graph/graph.h"

namespace diptych {

// Between a VAE's own latents z and the diffusion model's x, by channel:
// x = ((z − mean) / deviation − shift) · scale, with mean 0 and deviation 1 where there are none.
struct LatentScale {
  float scale = 0.18215F;
  float shift = 0;
  std::vector<float> mean, deviation;  // empty, or one for each latent channel
};

struct KlVaeConfig {
  int in_channels = 3, out_channels = 3;
  int latent_channels = 4;
  std::vector<int> channels;  // finest level first
  int resnets = 2;            // of a level of the encoder; the decoder has one more
  int norm_groups = 32;
  Op activation = Op::kSilu;
  bool mid_attention = true;
  bool quant_conv = true, post_quant_conv = true;
  LatentScale latents;
  bool wide = true;     // activations may leave the range of f16: compute in f32 or bf16
  int sample_size = 0;  // pixels of the trained resolution; 0: unknown

  int reduction() const { return 1 << (channels.size() - 1); }  // pixels for one of a latent
};

// Errors: kUnsupported, naming the field, its value and what is supported.
Result<KlVaeConfig> parse_kl_vae_config(const Json& config, Warnings& warnings);

}  // namespace diptych
