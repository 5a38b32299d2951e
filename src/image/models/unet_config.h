#pragma once
// The shape of a UNet as diffusers' UNet2DConditionModel describes it in config.json.

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "compute/graph/graph.h"

namespace diptych {

// One resolution; the way down and the way up pass through it once each.
struct UnetLevel {
  int channels = 0;
  int resnets = 2;  // on the way down; one more on the way up
  // Transformer blocks after each resnet; empty where the block has no attention.
  std::vector<int> depths_down, depths_up;
  int heads = 8;
  int context_channels = 768;
  bool only_cross_attention = false;  // the first attention of a block sees the context too
};

enum class UnetMid { kNone, kResnets, kCrossAttention };
enum class TimeInjection { kShift, kScaleShift };  // of a resnet

// SDXL's second condition: pooled text and picture sizes, added to the time embedding.
struct TextTimeEmbedding {
  int time_channels = 256;  // of each size
  int channels = 2816;      // pooled text and all sizes together
};

struct UnetConfig {
  int in_channels = 4;  // 9: inpainting (mask and masked picture), 8: instruction editing
  int out_channels = 4;
  std::vector<UnetLevel> levels;  // finest first
  UnetMid mid = UnetMid::kCrossAttention;
  int mid_depth = 1;
  float mid_scale = 1;  // resnets of the middle divide their sum by it

  int norm_groups = 32;
  float norm_eps = 1e-5F;
  Op activation = Op::kSilu;
  TimeInjection time_injection = TimeInjection::kShift;
  bool linear_projection = false;  // around the transformer blocks; else 1×1 convolutions
  bool center_input = false;       // 2x − 1 first
  int conv_in_kernel = 3, conv_out_kernel = 3;
  int downsample_padding = 1;  // 0: one row and column at the end only

  int time_channels = 1280;  // of the embedding
  bool cos_first = true;
  float frequency_shift = 0;
  std::optional<Op> time_post_activation;  // after the embedding's second layer
  std::optional<Op> embedding_activation;  // after everything was added to it
  int guidance_channels = 0;      // > 0: a guidance embedding is an input (latent consistency)
  int context_projection_in = 0;  // > 0: context has so many channels and is projected first
  std::optional<TextTimeEmbedding> text_time;

  // Attention scores may leave the range of f16: compute in f32 or bf16.
  bool wide_attention = false;
  int sample_size = 64;  // latent pixels of the trained resolution; 0: unknown

  int context_channels() const;  // of the `context` input
};

// Errors: kUnsupported, naming the field, its value and what is supported.
Result<UnetConfig> parse_unet_config(const Json& config, Warnings& warnings);

}  // namespace diptych
