#include "image/models/unet_config.h"

#include <algorithm>

#include <fmt/format.h>

#include "image/models/config_reader.h"

namespace diptych {
namespace {

// Far above every known model, low enough that a hostile config ends in an error, not in a graph
// that fills the memory.
constexpr IntegerRange kChannels{1, 16384};
constexpr IntegerRange kHeads{1, 1024};
constexpr IntegerRange kResnets{1, 16};
constexpr IntegerRange kDepth{0, 64};
constexpr IntegerRange kKernel{1, 15};
constexpr std::size_t kLevelsMax = 8;
constexpr int kBlocksMax = 512;  // transformer blocks in all; SDXL has 70

enum class BlockType { kPlain, kCrossAttention };
constexpr ConfigChoice<UnetMid> kMids[] = {
    {"UNetMidBlock2DCrossAttn", UnetMid::kCrossAttention},
    {"UNetMidBlock2D", UnetMid::kResnets},
};
constexpr ConfigChoice<TimeInjection> kInjections[] = {
    {"default", TimeInjection::kShift},
    {"scale_shift", TimeInjection::kScaleShift},
};

// Finest level first, whichever way the list runs.
std::vector<BlockType> read_blocks(ConfigReader& reader, std::string_view name,
                                   std::string_view plain, std::string_view with_attention) {
  std::vector<BlockType> blocks;
  for (const std::string& type : reader.texts(name)) {
    if (type != plain && type != with_attention)
      reader.fail(name, fmt::format("supported are: {}, {}", plain, with_attention));
    blocks.push_back(type == with_attention ? BlockType::kCrossAttention : BlockType::kPlain);
  }
  return blocks;
}

int depth_of(ConfigReader& reader, std::string_view name, const Json& value) {
  if (value.is_int() && value.as_int() >= kDepth.low && value.as_int() <= kDepth.high)
    return static_cast<int>(value.as_int());
  reader.fail(name, fmt::format("depths from {} to {} are supported", kDepth.low, kDepth.high));
  return 0;
}

// A number for all, a list with a number for each block, or with a list for each block: one number
// for each of its resnets.
std::vector<std::vector<int>> read_depths(ConfigReader& reader, std::string_view name,
                                          const std::vector<int>& resnets) {
  std::vector<std::vector<int>> depths;
  const Json one(1);
  const Json* field = reader.field(name);
  if (field == nullptr) field = &one;
  const bool list = field->is_array();
  if (list && field->as_array().size() != resnets.size())
    reader.fail(name, fmt::format("a list of {}, one for each block, is needed", resnets.size()));
  for (std::size_t i = 0; i < resnets.size() && !reader.failed(); ++i) {
    const Json& block = list ? field->as_array()[i] : *field;
    const auto count = static_cast<std::size_t>(resnets[i]);
    std::vector<int> of_block;
    if (!block.is_array()) of_block.assign(count, depth_of(reader, name, block));
    if (block.is_array())
      for (const Json& item : block.as_array()) of_block.push_back(depth_of(reader, name, item));
    if (of_block.size() != count)
      reader.fail(name, fmt::format("block {} has {} resnets", i, count));
    depths.push_back(std::move(of_block));
  }
  depths.resize(resnets.size());
  return depths;
}

struct LevelDepths {
  std::vector<std::vector<int>> down, up;  // by level, finest first
};

LevelDepths read_level_depths(ConfigReader& reader, const std::vector<int>& resnets) {
  LevelDepths depths;
  depths.down = read_depths(reader, "transformer_layers_per_block", resnets);
  std::vector<int> up = resnets;
  for (int& count : up) ++count;
  if (reader.has("reverse_transformer_layers_per_block")) {  // coarsest first
    std::ranges::reverse(up);
    depths.up = read_depths(reader, "reverse_transformer_layers_per_block", up);
    std::ranges::reverse(depths.up);
    return depths;
  }
  for (std::size_t i = 0; i < resnets.size(); ++i) {
    const auto& down = depths.down[i];
    if (std::ranges::adjacent_find(down, std::ranges::not_equal_to()) != down.end())
      reader.fail("transformer_layers_per_block",
                  "different depths in one block need reverse_transformer_layers_per_block");
    depths.up.emplace_back(static_cast<std::size_t>(up[i]), down.empty() ? 0 : down.front());
  }
  return depths;
}

// diffusers calls the number of heads attention_head_dim in the configs of UNets, for history's
// sake; num_attention_heads, where given, means what it says.
std::vector<int> read_heads(ConfigReader& reader, std::size_t count) {
  const std::string_view name =
      reader.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
  reader.no_effect({"attention_head_dim"});
  return reader.integer_each(name, count, 8, kHeads);
}

void read_levels(ConfigReader& reader, UnetConfig& unet) {
  const auto channels = reader.integers("block_out_channels", kChannels);
  const auto down = read_blocks(reader, "down_block_types", "DownBlock2D", "CrossAttnDownBlock2D");
  auto up = read_blocks(reader, "up_block_types", "UpBlock2D", "CrossAttnUpBlock2D");
  std::ranges::reverse(up);
  const std::size_t count = channels.size();
  if (count < 1 || count > kLevelsMax)
    reader.fail("block_out_channels", fmt::format("1 to {} levels are supported", kLevelsMax));
  if (down.size() != count) reader.fail("down_block_types", "one for each level is needed");
  if (up.size() != count) reader.fail("up_block_types", "one for each level is needed");
  if (reader.failed()) return;

  const auto resnets = reader.integer_each("layers_per_block", count, 2, kResnets);
  const auto heads = read_heads(reader, count);
  const auto context = reader.integer_each("cross_attention_dim", count, 1280, kChannels);
  const auto only_cross = reader.flag_each("only_cross_attention", count, false);
  const auto depths = read_level_depths(reader, resnets);
  if (reader.failed()) return;
  for (std::size_t i = 0; i < count; ++i) {
    UnetLevel level{.channels = channels[i],
                    .resnets = resnets[i],
                    .depths_down = {},
                    .depths_up = {},
                    .heads = heads[i],
                    .context_channels = context[i],
                    .only_cross_attention = only_cross[i]};
    if (down[i] == BlockType::kCrossAttention) level.depths_down = depths.down[i];
    if (up[i] == BlockType::kCrossAttention) level.depths_up = depths.up[i];
    unet.levels.push_back(std::move(level));
  }
  unet.mid_depth = depths.down.back().empty() ? 1 : depths.down.back().front();
}

void read_time(ConfigReader& reader, UnetConfig& unet) {
  reader.only("time_embedding_type", "positional");
  unet.time_channels =
      reader.integer("time_embedding_dim", 4 * unet.levels.front().channels, kChannels);
  unet.cos_first = reader.flag("flip_sin_to_cos", true);
  unet.frequency_shift = reader.number("freq_shift", 0);
  if (reader.has("timestep_post_act"))
    unet.time_post_activation = read_activation(reader, "timestep_post_act", Op::kSilu);
  if (reader.has("time_embedding_act_fn"))
    unet.embedding_activation = read_activation(reader, "time_embedding_act_fn", Op::kSilu);
  unet.guidance_channels = reader.integer("time_cond_proj_dim", 0, kChannels);
  unet.time_injection =
      reader.choice<TimeInjection>("resnet_time_scale_shift", kInjections, TimeInjection::kShift);
}

void read_conditions(ConfigReader& reader, UnetConfig& unet) {
  reader.only("class_embed_type", nullptr);
  reader.only("num_class_embeds", nullptr);
  reader.only("class_embeddings_concat", false);
  reader.only("encoder_hid_dim_type", "text_proj");
  if (reader.has("encoder_hid_dim_type") && !reader.has("encoder_hid_dim"))
    reader.fail("encoder_hid_dim", "encoder_hid_dim_type needs it");
  unet.context_projection_in = reader.integer("encoder_hid_dim", 0, kChannels);
  reader.only("addition_embed_type", "text_time");
  reader.no_effect({"addition_embed_type_num_heads"});  // of other addition types
  if (!reader.has("addition_embed_type")) {
    reader.no_effect({"addition_time_embed_dim", "projection_class_embeddings_input_dim"});
    return;
  }
  for (const char* name : {"addition_time_embed_dim", "projection_class_embeddings_input_dim"})
    if (!reader.has(name)) reader.fail(name, "addition_embed_type text_time needs it");
  unet.text_time = {
      .time_channels = reader.integer("addition_time_embed_dim", 256, {2, kChannels.high}),
      .channels = reader.integer("projection_class_embeddings_input_dim", 2816, kChannels)};
}

void read_layers(ConfigReader& reader, const Json& config, UnetConfig& unet) {
  unet.in_channels = reader.integer("in_channels", 4, kChannels);
  unet.out_channels = reader.integer("out_channels", 4, kChannels);
  unet.mid = reader.choice<UnetMid>("mid_block_type", kMids, UnetMid::kCrossAttention);
  if (const Json* mid = config.find("mid_block_type"); mid != nullptr && mid->is_null())
    unet.mid = UnetMid::kNone;
  unet.mid_scale = reader.number("mid_block_scale_factor", 1);
  if (unet.mid_scale == 0) reader.fail("mid_block_scale_factor", "it divides");
  unet.norm_groups = reader.integer("norm_num_groups", 32, kChannels);
  unet.norm_eps = reader.number("norm_eps", 1e-5F);
  unet.activation = read_activation(reader, "act_fn", Op::kSilu);
  unet.linear_projection = reader.flag("use_linear_projection", false);
  unet.center_input = reader.flag("center_input_sample", false);
  unet.conv_in_kernel = reader.integer("conv_in_kernel", 3, kKernel);
  unet.conv_out_kernel = reader.integer("conv_out_kernel", 3, kKernel);
  unet.downsample_padding = reader.integer("downsample_padding", 1, {0, 1});
  unet.wide_attention = reader.flag("upcast_attention", false);
  const Json* size = reader.field("sample_size");  // a number, or height and width
  unet.sample_size =
      size != nullptr && size->is_int() ? reader.integer("sample_size", 0, {0, 65536}) : 0;
  for (const char* name : {"conv_in_kernel", "conv_out_kernel"})
    if (reader.integer(name, 3, kKernel) % 2 == 0) reader.fail(name, "odd sizes are supported");
}

void refuse_others(ConfigReader& reader, const Json& config) {
  reader.only("_class_name", "UNet2DConditionModel");
  reader.only("dual_cross_attention", false);
  reader.only("attention_type", "default");
  reader.only("cross_attention_norm", nullptr);
  reader.only("resnet_skip_time_act", false);
  reader.only("resnet_out_scale_factor", 1);
  const Json* groups = config.find("norm_num_groups");
  if (groups != nullptr && groups->is_null()) reader.fail("norm_num_groups", "a number is needed");
  reader.no_effect({"dropout", "mid_block_only_cross_attention"});  // of other blocks
}

// Divisions that the layers below rely on.
void check_divisions(ConfigReader& reader, const UnetConfig& unet) {
  int blocks = unet.mid_depth;
  for (const UnetLevel& level : unet.levels) {
    if (level.channels % unet.norm_groups != 0)
      reader.fail("block_out_channels",
                  fmt::format("each must be a multiple of norm_num_groups {}", unet.norm_groups));
    const bool mid = &level == &unet.levels.back() && unet.mid == UnetMid::kCrossAttention;
    const bool attention = mid || !level.depths_down.empty() || !level.depths_up.empty();
    if (attention && level.channels % level.heads != 0)
      reader.fail("attention_head_dim",
                  fmt::format("{} channels do not divide into {} heads, which the field means",
                              level.channels, level.heads));
    for (const int depth : level.depths_down) blocks += depth;
    for (const int depth : level.depths_up) blocks += depth;
  }
  for (const UnetLevel& level : unet.levels)
    if (level.context_channels != unet.levels.back().context_channels)
      reader.fail("cross_attention_dim", "one width for all blocks is supported");
  if (blocks > kBlocksMax)
    reader.fail("transformer_layers_per_block",
                fmt::format("{} transformer blocks in all, at most {}", blocks, kBlocksMax));
  if (unet.levels.front().channels % 2 != 0)
    reader.fail("block_out_channels", "the first must be even");
}

}  // namespace

int UnetConfig::context_channels() const {
  return context_projection_in > 0 ? context_projection_in : levels.back().context_channels;
}

Result<UnetConfig> parse_unet_config(const Json& config, Warnings& warnings) {
  ConfigReader reader(config, "the UNet's config");
  UnetConfig unet;
  refuse_others(reader, config);
  read_levels(reader, unet);
  read_layers(reader, config, unet);
  if (!reader.failed()) {
    read_time(reader, unet);
    read_conditions(reader, unet);
    check_divisions(reader, unet);
  }
  TRY_STATUS(reader.finish(warnings));
  return unet;
}

}  // namespace diptych
