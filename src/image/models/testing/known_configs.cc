#include "image/models/testing/known_configs.h"

#include <string_view>

#include "base/check.h"

namespace diptych {
namespace {

constexpr std::string_view kSd1Unet = R"({
  "block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 768, "attention_head_dim": 8,
  "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                       "DownBlock2D"],
  "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                     "CrossAttnUpBlock2D"]})";

constexpr std::string_view kSd2Unet = R"({
  "block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 1024,
  "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": true,
  "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                       "DownBlock2D"],
  "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                     "CrossAttnUpBlock2D"]})";

constexpr std::string_view kSdxlUnet = R"({
  "block_out_channels": [320, 640, 1280], "cross_attention_dim": 2048,
  "attention_head_dim": [5, 10, 20], "use_linear_projection": true, "sample_size": 128,
  "transformer_layers_per_block": [1, 2, 10], "addition_embed_type": "text_time",
  "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816,
  "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]})";

constexpr std::string_view kClipL = R"({
  "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
  "num_attention_heads": 12, "vocab_size": 49408})";

constexpr std::string_view kClipBigG = R"({
  "architectures": ["CLIPTextModelWithProjection"], "hidden_act": "gelu", "projection_dim": 1280,
  "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
  "num_attention_heads": 20, "vocab_size": 49408})";

constexpr std::string_view kVae = R"({
  "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
                       "DownEncoderBlock2D"],
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D",
                     "UpDecoderBlock2D"]})";

template <class Config>
Config parsed(Result<Config> (*parse)(const Json&, Warnings&), std::string_view text) {
  const auto json = parse_json(text);
  CHECK(json);
  Warnings warnings;
  auto config = parse(*json, warnings);
  CHECK(config && warnings.empty());
  return *std::move(config);
}

}  // namespace

UnetConfig sd1_unet_config() { return parsed(parse_unet_config, kSd1Unet); }
UnetConfig sd2_unet_config() { return parsed(parse_unet_config, kSd2Unet); }
UnetConfig sdxl_unet_config() { return parsed(parse_unet_config, kSdxlUnet); }
ClipTextConfig clip_l_config() { return parsed(parse_clip_text_config, kClipL); }
ClipTextConfig clip_big_g_config() { return parsed(parse_clip_text_config, kClipBigG); }
KlVaeConfig stable_diffusion_vae_config() { return parsed(parse_kl_vae_config, kVae); }

}  // namespace diptych
