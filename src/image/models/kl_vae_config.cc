#include "image/models/kl_vae_config.h"

#include <fmt/format.h>

#include "image/models/config_reader.h"

namespace diptych {
namespace {

constexpr IntegerRange kChannels{1, 16384};
constexpr IntegerRange kResnets{1, 16};
constexpr std::size_t kLevelsMax = 8;

void read_levels(ConfigReader& reader, KlVaeConfig& vae) {
  vae.channels = reader.integers("block_out_channels", kChannels);
  const std::size_t count = vae.channels.size();
  if (count < 1 || count > kLevelsMax)
    reader.fail("block_out_channels", fmt::format("1 to {} levels are supported", kLevelsMax));
  for (const auto& [field, supported] : {std::pair{"down_block_types", "DownEncoderBlock2D"},
                                         std::pair{"up_block_types", "UpDecoderBlock2D"}}) {
    const auto types = reader.texts(field);
    if (types.size() != count) reader.fail(field, "one for each level is needed");
    for (const std::string& type : types)
      if (type != supported) reader.fail(field, fmt::format("supported is: {}", supported));
  }
  vae.resnets = reader.integer("layers_per_block", 1, kResnets);
  vae.norm_groups = reader.integer("norm_num_groups", 32, kChannels);
  for (const int channels : vae.channels)
    if (channels % vae.norm_groups != 0)
      reader.fail("block_out_channels",
                  fmt::format("each must be a multiple of norm_num_groups {}", vae.norm_groups));
}

void read_latents(ConfigReader& reader, KlVaeConfig& vae) {
  vae.latent_channels = reader.integer("latent_channels", 4, {1, 256});
  vae.latents = {.scale = reader.number("scaling_factor", 0.18215F),
                 .shift = reader.number("shift_factor", 0),
                 .mean = reader.numbers("latents_mean"),
                 .deviation = reader.numbers("latents_std")};
  const auto one_each = [&](std::string_view name, const std::vector<float>& values) {
    if (!values.empty() && std::cmp_not_equal(values.size(), vae.latent_channels))
      reader.fail(name, fmt::format("one for each of {} channels is needed", vae.latent_channels));
  };
  one_each("latents_mean", vae.latents.mean);
  one_each("latents_std", vae.latents.deviation);
  if (vae.latents.scale == 0) reader.fail("scaling_factor", "it divides");
  for (const float deviation : vae.latents.deviation)
    if (deviation == 0) reader.fail("latents_std", "they divide");
}

}  // namespace

Result<KlVaeConfig> parse_kl_vae_config(const Json& config, Warnings& warnings) {
  ConfigReader reader(config, "the VAE's config");
  KlVaeConfig vae;
  reader.only("_class_name", "AutoencoderKL");
  vae.in_channels = reader.integer("in_channels", 3, kChannels);
  vae.out_channels = reader.integer("out_channels", 3, kChannels);
  read_levels(reader, vae);
  read_latents(reader, vae);
  vae.activation = read_activation(reader, "act_fn", Op::kSilu);
  vae.mid_attention = reader.flag("mid_block_add_attention", true);
  vae.quant_conv = reader.flag("use_quant_conv", true);
  vae.post_quant_conv = reader.flag("use_post_quant_conv", true);
  vae.wide = reader.flag("force_upcast", true);
  const Json* size = reader.field("sample_size");  // a number, or height and width
  if (size != nullptr && size->is_int())
    vae.sample_size = reader.integer("sample_size", 0, {0, 65536});
  TRY_STATUS(reader.finish(warnings));
  return vae;
}

}  // namespace diptych
