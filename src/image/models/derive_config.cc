#include "image/models/derive_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "image/models/tensor_names.h"

namespace diptych {
namespace {

constexpr int kLevelsMax = 8;
constexpr int kHeadChannels = 64;  // of CLIP, OpenCLIP and the UNets of SD 2 and XL
constexpr int kNormGroups = 32;
constexpr int kTimeIds = 6;  // heights, widths, crop

std::int64_t heads_of(std::int64_t channels) {
  return std::max<std::int64_t>(1, channels / kHeadChannels);
}

// One Json where all are equal, as configs have it; else the list.
Json one_or_list(const std::vector<std::int64_t>& values) {
  if (std::ranges::adjacent_find(values, std::ranges::not_equal_to()) == values.end() &&
      !values.empty()) {
    return values.front();
  }
  Json list = Json::array();
  for (const std::int64_t value : values) list.push_back(value);
  return list;
}

struct UnetBlocks {
  Json channels = Json::array(), down = Json::array(), up = Json::array();
  std::vector<std::int64_t> heads, depths, resnets;
};

UnetBlocks read_blocks(const TensorNames& unet, const FamilyRow& family) {
  UnetBlocks blocks;
  const int levels = unet.count("down_blocks.", ".resnets.0.", kLevelsMax);
  for (int i = 0; i < levels; ++i) {
    const TensorNames block = unet.below(fmt::format("down_blocks.{}.", i));
    const std::int64_t channels = block.size("resnets.0.conv1.weight", 0);
    const bool attention = block.has_any("attentions.0.");
    blocks.channels.push_back(channels);
    blocks.down.push_back(attention ? "CrossAttnDownBlock2D" : "DownBlock2D");
    blocks.up.push_back(unet.has_any(fmt::format("up_blocks.{}.attentions.0.", i))
                            ? "CrossAttnUpBlock2D"
                            : "UpBlock2D");
    blocks.heads.push_back(family.heads > 0 ? family.heads : heads_of(channels));
    blocks.depths.push_back(std::max(1, block.count("attentions.0.transformer_blocks.", ".")));
    blocks.resnets.push_back(block.count("resnets.", "."));
  }
  return blocks;
}

}  // namespace

Json derive_unet_config(const WeightSource& unet, const FamilyRow& family) {
  const TensorNames names(unet);
  const UnetBlocks blocks = read_blocks(names, family);
  const WeightInfo* projection = names.find_ending(".proj_in.weight");
  const WeightInfo* key = names.find_ending(".attn2.to_k.weight");
  const std::int64_t context = key != nullptr && key->shape.rank() > 1 ? key->shape[1] : 0;
  const std::int64_t label = names.size("add_embedding.linear_1.weight", 1);
  const std::int64_t guidance = names.size("time_embedding.cond_proj.weight", 1);
  const bool middle_attention = names.has_any("mid_block.attentions.0.");
  Json config = Json::object({
      {"_class_name", "UNet2DConditionModel"},
      {"act_fn", "silu"},
      {"attention_head_dim", one_or_list(blocks.heads)},
      {"block_out_channels", blocks.channels},
      {"cross_attention_dim", context},
      {"down_block_types", blocks.down},
      {"flip_sin_to_cos", true},
      {"freq_shift", 0},
      {"in_channels", names.size("conv_in.weight", 1)},
      {"layers_per_block", one_or_list(blocks.resnets)},
      {"mid_block_type", middle_attention ? Json("UNetMidBlock2DCrossAttn") : Json()},
      {"norm_eps", 1e-05},
      {"norm_num_groups", kNormGroups},
      {"out_channels", names.size("conv_out.weight", 0)},
      {"time_cond_proj_dim", guidance > 0 ? Json(guidance) : Json()},
      {"transformer_layers_per_block", one_or_list(blocks.depths)},
      {"up_block_types", blocks.up},
      {"use_linear_projection", projection != nullptr && projection->shape.rank() == 2},
  });
  if (label > 0) {
    config.set("addition_embed_type", "text_time");
    config.set("projection_class_embeddings_input_dim", label);
  }
  return config;
}

void set_time_id_channels(Json& unet_config, std::int64_t pooled_channels) {
  const Json& label = unet_config["projection_class_embeddings_input_dim"];
  if (!label.is_int() || !unet_config["addition_time_embed_dim"].is_null()) return;
  const std::int64_t left = std::max<std::int64_t>(label.as_int() - pooled_channels, 0);
  unet_config.set("addition_time_embed_dim", left / kTimeIds);
}

Json derive_vae_config(const WeightSource& vae, std::optional<double> latent_scale) {
  const TensorNames names(vae);
  Json channels = Json::array();
  Json down = Json::array();
  Json up = Json::array();
  const int levels = names.count("decoder.up_blocks.", ".resnets.0.", kLevelsMax);
  for (int i = 0; i < levels; ++i) {
    // The decoder is always there; its blocks run from the coarsest level to the finest.
    channels.push_back(
        names.size(fmt::format("decoder.up_blocks.{}.resnets.0.conv1.weight", levels - 1 - i), 0));
    down.push_back("DownEncoderBlock2D");
    up.push_back("UpDecoderBlock2D");
  }
  Json config = Json::object({
      {"_class_name", "AutoencoderKL"},
      {"act_fn", "silu"},
      {"block_out_channels", channels},
      {"down_block_types", down},
      {"in_channels", 3},
      {"latent_channels", names.size("decoder.conv_in.weight", 1)},
      {"layers_per_block", names.count("decoder.up_blocks.0.resnets.", ".") - 1},
      {"mid_block_add_attention", names.has_any("decoder.mid_block.attentions.0.")},
      {"norm_num_groups", kNormGroups},
      {"out_channels", names.size("decoder.conv_out.weight", 0)},
      {"up_block_types", up},
      {"use_post_quant_conv", names.has("post_quant_conv.weight")},
      {"use_quant_conv", names.has("quant_conv.weight")},
  });
  if (latent_scale) config.set("scaling_factor", *latent_scale);
  return config;
}

Json derive_clip_config(const WeightSource& text_encoder, ClipKind kind) {
  const TensorNames names(text_encoder);
  const std::string_view tokens = "text_model.embeddings.token_embedding.weight";
  const std::int64_t channels = names.size(tokens, 1);
  const std::int64_t vocabulary = names.size(tokens, 0);
  const bool projected = names.has("text_projection.weight");
  const bool open = kind == ClipKind::kOpenClip;
  return Json::object({
      {"architectures", Json::array({projected ? "CLIPTextModelWithProjection" : "CLIPTextModel"})},
      {"bos_token_id", vocabulary - 2},
      {"eos_token_id", vocabulary - 1},
      {"hidden_act", open ? "gelu" : "quick_gelu"},
      {"hidden_size", channels},
      {"intermediate_size", names.size("text_model.encoder.layers.0.mlp.fc1.weight", 0)},
      {"layer_norm_eps", 1e-05},
      {"max_position_embeddings", names.size("text_model.embeddings.position_embedding.weight", 0)},
      {"model_type", "clip_text_model"},
      {"num_attention_heads", heads_of(channels)},
      {"num_hidden_layers", names.count("text_model.encoder.layers.", ".")},
      {"pad_token_id", open ? 0 : vocabulary - 1},
      {"projection_dim", projected ? names.size("text_projection.weight", 0) : channels},
      {"vocab_size", vocabulary},
  });
}

Json derive_scheduler_config(const FamilyRow& family, std::optional<Prediction> prediction,
                             bool zero_terminal_snr) {
  const bool xl = family.name.starts_with("sdxl");
  Json config = Json::object({
      {"_class_name", xl ? "EulerDiscreteScheduler" : "DDIMScheduler"},
      {"beta_end", 0.012},
      {"beta_schedule", "scaled_linear"},
      {"beta_start", 0.00085},
      {"num_train_timesteps", 1000},
  });
  if (prediction) config.set("prediction_type", name_of(*prediction));
  config.set("rescale_betas_zero_snr", zero_terminal_snr);
  if (!xl) {
    config.set("clip_sample", false);
    config.set("set_alpha_to_one", false);
  }
  config.set("steps_offset", 1);
  config.set("timestep_spacing", zero_terminal_snr ? "trailing" : "leading");
  return config;
}

}  // namespace diptych
