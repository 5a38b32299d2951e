// The tensors of a UNet, from its config alone.

#include <algorithm>

#include "image/models/unet.h"
#include "image/models/weight_list.h"

namespace diptych {
namespace {

void add_embedding_layers(WeightList& list, int in, int channels) {
  list.linear("linear_1", in, channels);
  list.linear("linear_2", channels, channels);
}

void add_resnet(WeightList& list, const UnetConfig& config, int in, int out) {
  const int factor = config.time_injection == TimeInjection::kScaleShift ? 2 : 1;
  list.norm("norm1", in);
  list.conv("conv1", in, out);
  list.linear("time_emb_proj", config.time_channels, factor * out);
  list.norm("norm2", out);
  list.conv("conv2", out, out);
  if (in != out) list.conv("conv_shortcut", in, out, 1);
}

void add_attention(WeightList& list, int channels, int context) {
  list.linear("to_q", channels, channels, Bias::kWithout);
  list.linear("to_k", context, channels, Bias::kWithout);
  list.linear("to_v", context, channels, Bias::kWithout);
  list.linear("to_out.0", channels, channels);
}

void add_transformer_block(WeightList& list, const UnetLevel& level, bool only_cross_attention) {
  const int channels = level.channels;
  for (const char* norm : {"norm1", "norm2", "norm3"}) list.norm(norm, channels);
  {
    const auto scope = list.scope("attn1");
    add_attention(list, channels, only_cross_attention ? level.context_channels : channels);
  }
  {
    const auto scope = list.scope("attn2");
    add_attention(list, channels, level.context_channels);
  }
  const auto scope = list.scope("ff");
  list.linear("net.0.proj", channels, 8 * channels);  // value and gate of 4 × channels each
  list.linear("net.2", 4 * channels, channels);
}

void add_transformer(WeightList& list, const UnetConfig& config, const UnetLevel& level,
                     int depth) {
  list.norm("norm", level.channels);
  for (const char* projection : {"proj_in", "proj_out"}) {
    if (config.linear_projection) list.linear(projection, level.channels, level.channels);
    if (!config.linear_projection) list.conv(projection, level.channels, level.channels, 1);
  }
  for (int i = 0; i < depth; ++i) {
    const auto scope = list.scope("transformer_blocks", i);
    add_transformer_block(list, level, level.only_cross_attention);
  }
}

struct LevelInputs {
  int first = 0;                // channels that come into the first resnet
  std::vector<int> skips = {};  // further ones, of each resnet; none on the way down
};

void add_level(WeightList& list, const UnetConfig& config, const UnetLevel& level,
               const std::vector<int>& depths, const LevelInputs& inputs) {
  const int resnets = inputs.skips.empty() ? level.resnets : level.resnets + 1;
  for (int i = 0; i < resnets; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const int skip = inputs.skips.empty() ? 0 : inputs.skips[index];
    {
      const auto scope = list.scope("resnets", i);
      add_resnet(list, config, (i == 0 ? inputs.first : level.channels) + skip, level.channels);
    }
    if (depths.empty()) continue;
    const auto scope = list.scope("attentions", i);
    add_transformer(list, config, level, depths[index]);
  }
}

void add_down(WeightList& list, const UnetConfig& config) {
  int channels = config.levels.front().channels;
  for (std::size_t i = 0; i < config.levels.size(); ++i) {
    const UnetLevel& level = config.levels[i];
    const auto scope = list.scope("down_blocks", static_cast<int>(i));
    add_level(list, config, level, level.depths_down, {.first = channels});
    channels = level.channels;
    if (i + 1 < config.levels.size()) list.conv("downsamplers.0.conv", channels, channels);
  }
}

void add_mid(WeightList& list, const UnetConfig& config) {
  if (config.mid == UnetMid::kNone) return;
  UnetLevel level = config.levels.back();
  level.only_cross_attention = false;
  const auto scope = list.scope("mid_block");
  const int resnets = config.mid == UnetMid::kCrossAttention ? 2 : 1;
  for (int i = 0; i < resnets; ++i) {
    const auto resnet = list.scope("resnets", i);
    add_resnet(list, config, level.channels, level.channels);
  }
  if (config.mid != UnetMid::kCrossAttention) return;
  const auto attention = list.scope("attentions", 0);
  add_transformer(list, config, level, config.mid_depth);
}

// Each level takes its own outputs of the way down and, last, the one that came into it.
void add_up(WeightList& list, const UnetConfig& config) {
  const auto& levels = config.levels;
  int channels = levels.back().channels;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const UnetLevel& level = levels[i];
    const auto scope = list.scope("up_blocks", static_cast<int>(levels.size() - 1 - i));
    LevelInputs inputs{
        .first = channels,
        .skips = std::vector<int>(static_cast<std::size_t>(level.resnets) + 1, level.channels)};
    inputs.skips.back() = levels[i == 0 ? 0 : i - 1].channels;
    add_level(list, config, level, level.depths_up, inputs);
    channels = level.channels;
    if (i > 0) list.conv("upsamplers.0.conv", channels, channels);
  }
}

void add_embeddings(WeightList& list, const UnetConfig& config) {
  {
    const int in = config.levels.front().channels;
    const auto scope = list.scope("time_embedding");
    if (config.guidance_channels > 0)
      list.linear("cond_proj", config.guidance_channels, in, Bias::kWithout);
    add_embedding_layers(list, in, config.time_channels);
  }
  if (config.text_time) {
    const auto scope = list.scope("add_embedding");
    add_embedding_layers(list, config.text_time->channels, config.time_channels);
  }
  if (config.context_projection_in > 0)
    list.linear("encoder_hid_proj", config.context_projection_in,
                config.levels.back().context_channels);
}

}  // namespace

std::vector<WeightInfo> expected_weights(const UnetConfig& config) {
  WeightList list;
  const int channels = config.levels.front().channels;
  list.conv("conv_in", config.in_channels, channels, config.conv_in_kernel);
  add_embeddings(list, config);
  add_down(list, config);
  add_mid(list, config);
  add_up(list, config);
  list.norm("conv_norm_out", channels);
  list.conv("conv_out", channels, config.out_channels, config.conv_out_kernel);
  return std::move(list).take();
}

}  // namespace diptych
