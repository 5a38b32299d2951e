#include "image/models/key_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace diptych {
namespace {

constexpr int kBlocksMax = 128;  // more than any layout that we read, fewer than would hurt
constexpr int kLevelsMax = 8;

// A residual block of the UNet: its six modules have other names.
void add_resnet(std::vector<KeyRule>& rules, const std::string& original,
                const std::string& diffusers) {
  constexpr std::pair<std::string_view, std::string_view> kModules[] = {
      {"in_layers.0", "norm1"},  {"in_layers.2", "conv1"},  {"emb_layers.1", "time_emb_proj"},
      {"out_layers.0", "norm2"}, {"out_layers.3", "conv2"}, {"skip_connection", "conv_shortcut"},
  };
  for (const auto& [from, to] : kModules) {
    rules.push_back({fmt::format("{}.{}", original, from), fmt::format("{}.{}", diffusers, to)});
  }
}

void add_down_blocks(std::vector<KeyRule>& rules, const UnetLayout& layout) {
  for (int level = 0; level < layout.levels; ++level) {
    const int first = 1 + level * (layout.resnets + 1);
    for (int j = 0; j < layout.resnets; ++j) {
      const std::string original = fmt::format("input_blocks.{}", first + j);
      add_resnet(rules, original + ".0", fmt::format("down_blocks.{}.resnets.{}", level, j));
      rules.push_back({original + ".1", fmt::format("down_blocks.{}.attentions.{}", level, j)});
    }
    if (level + 1 == layout.levels) break;
    rules.push_back({fmt::format("input_blocks.{}.0.op", first + layout.resnets),
                     fmt::format("down_blocks.{}.downsamplers.0.conv", level)});
  }
}

void add_up_blocks(std::vector<KeyRule>& rules, const UnetLayout& layout) {
  for (int block = 0; block < layout.levels; ++block) {
    const int first = block * (layout.resnets + 1);
    const bool attention = layout.attention_up[static_cast<std::size_t>(block)];
    for (int j = 0; j <= layout.resnets; ++j) {
      const std::string original = fmt::format("output_blocks.{}", first + j);
      add_resnet(rules, original + ".0", fmt::format("up_blocks.{}.resnets.{}", block, j));
      if (!attention) continue;
      rules.push_back({original + ".1", fmt::format("up_blocks.{}.attentions.{}", block, j)});
    }
    if (block + 1 == layout.levels) break;
    // The upsampler follows the last resnet, or the attention behind it.
    rules.push_back(
        {fmt::format("output_blocks.{}.{}.conv", first + layout.resnets, attention ? 2 : 1),
         fmt::format("up_blocks.{}.upsamplers.0.conv", block)});
  }
}

// A residual block of the VAE: one module has another name.
void add_vae_resnet(std::vector<KeyRule>& rules, const std::string& original,
                    const std::string& diffusers) {
  rules.push_back({original, diffusers});
  rules.push_back({original + ".nin_shortcut", diffusers + ".conv_shortcut"});
}

void add_vae_middle(std::vector<KeyRule>& rules, const std::string& side) {
  add_vae_resnet(rules, side + ".mid.block_1", side + ".mid_block.resnets.0");
  add_vae_resnet(rules, side + ".mid.block_2", side + ".mid_block.resnets.1");
  const std::string original = side + ".mid.attn_1.";
  const std::string diffusers = side + ".mid_block.attentions.0.";
  rules.push_back({original + "norm", diffusers + "group_norm"});
  constexpr std::pair<std::string_view, std::string_view> kLinear[] = {
      {"q", "to_q"}, {"k", "to_k"}, {"v", "to_v"}, {"proj_out", "to_out.0"}};
  for (const auto& [from, to] : kLinear) {
    rules.push_back(
        {original + std::string(from), diffusers + std::string(to), KeyChange::kConvToLinear});
  }
}

}  // namespace

UnetLayout original_unet_layout(const TensorNames& names) {
  UnetLayout layout;
  std::vector<int> downsamplers;
  const int blocks = names.count("input_blocks.", ".0.", kBlocksMax);
  for (int i = 1; i < blocks; ++i) {
    if (names.has_any(fmt::format("input_blocks.{}.0.op.", i))) downsamplers.push_back(i);
  }
  layout.levels = std::min(static_cast<int>(downsamplers.size()) + 1, kLevelsMax);
  layout.resnets = std::max(downsamplers.empty() ? blocks - 1 : downsamplers[0] - 1, 0);
  for (int i = 0; i < layout.levels; ++i) {
    layout.attention_up.push_back(names.has_any(
        fmt::format("output_blocks.{}.1.transformer_blocks.", i * (layout.resnets + 1))));
  }
  return layout;
}

UnetLayout diffusers_unet_layout(const TensorNames& names) {
  UnetLayout layout;
  layout.levels = names.count("down_blocks.", ".resnets.0.", kLevelsMax);
  layout.resnets = names.count("down_blocks.0.resnets.", ".", kBlocksMax);
  for (int i = 0; i < layout.levels; ++i) {
    layout.attention_up.push_back(names.has_any(fmt::format("up_blocks.{}.attentions.0.", i)));
  }
  return layout;
}

std::vector<KeyRule> unet_key_rules(const UnetLayout& layout) {
  std::vector<KeyRule> rules = {
      {"time_embed.0", "time_embedding.linear_1"},
      {"time_embed.2", "time_embedding.linear_2"},
      {"time_embed.cond_proj", "time_embedding.cond_proj"},
      {"label_emb.0.0", "add_embedding.linear_1"},
      {"label_emb.0.2", "add_embedding.linear_2"},
      {"input_blocks.0.0", "conv_in"},
      {"middle_block.1", "mid_block.attentions.0"},
      {"out.0", "conv_norm_out"},
      {"out.2", "conv_out"},
  };
  add_down_blocks(rules, layout);
  add_resnet(rules, "middle_block.0", "mid_block.resnets.0");
  add_resnet(rules, "middle_block.2", "mid_block.resnets.1");
  add_up_blocks(rules, layout);
  return rules;
}

VaeLayout original_vae_layout(const TensorNames& names) {
  return {.levels = names.count("encoder.down.", ".block.0.", kLevelsMax),
          .resnets = names.count("encoder.down.0.block.", ".", kBlocksMax)};
}

VaeLayout diffusers_vae_layout(const TensorNames& names) {
  return {.levels = names.count("encoder.down_blocks.", ".resnets.0.", kLevelsMax),
          .resnets = names.count("encoder.down_blocks.0.resnets.", ".", kBlocksMax)};
}

std::vector<KeyRule> vae_key_rules(const VaeLayout& layout) {
  std::vector<KeyRule> rules = {{"quant_conv", "quant_conv"},
                                {"post_quant_conv", "post_quant_conv"}};
  for (const std::string side : {"encoder", "decoder"}) {
    rules.push_back({side + ".conv_in", side + ".conv_in"});
    rules.push_back({side + ".norm_out", side + ".conv_norm_out"});
    rules.push_back({side + ".conv_out", side + ".conv_out"});
    add_vae_middle(rules, side);
  }
  for (int level = 0; level < layout.levels; ++level) {
    const int up =
        layout.levels - 1 - level;  // the decoder's levels are counted from the other end
    for (int j = 0; j <= layout.resnets; ++j) {
      add_vae_resnet(rules, fmt::format("decoder.up.{}.block.{}", level, j),
                     fmt::format("decoder.up_blocks.{}.resnets.{}", up, j));
      if (j == layout.resnets) break;
      add_vae_resnet(rules, fmt::format("encoder.down.{}.block.{}", level, j),
                     fmt::format("encoder.down_blocks.{}.resnets.{}", level, j));
    }
    rules.push_back({fmt::format("encoder.down.{}.downsample.conv", level),
                     fmt::format("encoder.down_blocks.{}.downsamplers.0.conv", level)});
    rules.push_back({fmt::format("decoder.up.{}.upsample.conv", level),
                     fmt::format("decoder.up_blocks.{}.upsamplers.0.conv", up)});
  }
  return rules;
}

std::vector<KeyRule> early_vae_key_rules() {
  std::vector<KeyRule> rules;
  for (const std::string module : {"encoder", "decoder", "quant_conv", "post_quant_conv"}) {
    rules.push_back({module, module});
  }
  constexpr std::pair<std::string_view, std::string_view> kLinear[] = {
      {"query", "to_q"}, {"key", "to_k"}, {"value", "to_v"}, {"proj_attn", "to_out.0"}};
  for (const std::string side : {"encoder", "decoder"}) {
    const std::string attention = side + ".mid_block.attentions.0.";
    for (const auto& [from, to] : kLinear) {
      rules.push_back(
          {attention + std::string(from), attention + std::string(to), KeyChange::kConvToLinear});
    }
  }
  return rules;
}

std::vector<KeyRule> clip_key_rules(std::string_view text_model) {
  std::vector<KeyRule> rules = {{"text_projection", "text_projection"}};
  for (const std::string_view module :
       {"embeddings.token_embedding", "embeddings.position_embedding", "encoder.layers",
        "final_layer_norm"}) {
    const std::string_view dot = text_model.empty() ? "" : ".";
    rules.push_back(
        {fmt::format("{}{}{}", text_model, dot, module), fmt::format("text_model.{}", module)});
  }
  return rules;
}

std::vector<KeyRule> open_clip_key_rules(int layers) {
  std::vector<KeyRule> rules = {
      {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
      {"token_embedding", "text_model.embeddings.token_embedding"},
      {"ln_final", "text_model.final_layer_norm"},
      {"text_projection", "text_projection.weight", KeyChange::kTransposed},
  };
  constexpr std::pair<std::string_view, std::string_view> kModules[] = {
      {"ln_1", "layer_norm1"},
      {"ln_2", "layer_norm2"},
      {"mlp.c_fc", "mlp.fc1"},
      {"mlp.c_proj", "mlp.fc2"},
      {"attn.out_proj", "self_attn.out_proj"},
  };
  constexpr std::pair<std::string_view, KeyChange> kThirds[] = {
      {"q_proj", KeyChange::kFirstThird},
      {"k_proj", KeyChange::kSecondThird},
      {"v_proj", KeyChange::kLastThird},
  };
  for (int i = 0; i < layers; ++i) {
    const std::string original = fmt::format("transformer.resblocks.{}.", i);
    const std::string diffusers = fmt::format("text_model.encoder.layers.{}.", i);
    for (const auto& [from, to] : kModules) {
      rules.push_back({original + std::string(from), diffusers + std::string(to)});
    }
    for (const auto& [projection, third] : kThirds) {
      for (const std::string leaf : {"weight", "bias"}) {
        rules.push_back({original + "attn.in_proj_" + leaf,
                         fmt::format("{}self_attn.{}.{}", diffusers, projection, leaf), third});
      }
    }
  }
  return rules;
}

}  // namespace diptych
