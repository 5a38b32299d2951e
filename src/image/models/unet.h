#pragma once
// The denoiser of Stable Diffusion 1, 2, XL and their kin: a UNet with cross-attention (Rombach et
// al. 2022; Podell et al. 2023), as diffusers' UNet2DConditionModel computes it. Golden: diffusers
// 0.42, relative error 1e-4.

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"
#include "image/models/unet_config.h"

namespace diptych {

enum class ControlResiduals { kNone, kInputs };

struct UnetShape {
  int batch = 1;
  int height = 64, width = 64;  // of the latent; any size, odd ones are rounded up inside
  int context_tokens = 77;
  int time_ids = 6;  // SDXL: 6; its refiner: 5
  ControlResiduals control = ControlResiduals::kNone;
};

// Inputs, f32:
//   sample              [batch, in_channels, height, width], as the model's schedule scales it
//   timestep            [batch], 0 … 999, fractions allowed
//   context             [batch, context_tokens, context_channels()]
//   pooled              [batch, pooled channels]     text_time only
//   time_ids            [batch, time_ids]            text_time only: original height and width,
//                       crop top and left, target height and width
//   guidance_embedding  [batch, guidance_channels]   guidance_channels > 0 only
//   down_residual.N     the shape of skip N (0: after conv_in), mid_residual: control only
// Output: out [batch, out_channels, height, width].
// Errors: kInvalidArgument (a tensor missing or of another shape: all are listed; a size too
// small), kUnsupported.
Result<Graph> build_unet(const WeightSource& weights, const UnetConfig& config,
                         const UnetShape& shape);

// Channels of `pooled`; 0: the model has no such input.
int pooled_channels(const UnetConfig& config, int time_ids = 6);

// sin and cos of the guidance scale for latent consistency models: w − 1, 1000 times, in
// `channels` numbers, sines first (Luo et al. 2023).
std::vector<float> guidance_embedding(float guidance_scale, int channels);

std::vector<WeightInfo> expected_weights(const UnetConfig& config);

}  // namespace diptych
