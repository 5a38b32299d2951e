#include "image/models/tiny_vae_config.h"

#include <fmt/format.h>

#include "image/models/config_reader.h"

namespace diptych {
namespace {

constexpr IntegerRange kChannels{1, 4096};
constexpr IntegerRange kBlocks{0, 32};
constexpr std::size_t kStagesMax = 8;

std::vector<int> read_blocks(ConfigReader& reader, std::string_view name,
                             const std::vector<int>& missing) {
  const auto blocks = reader.has(name) ? reader.integers(name, kBlocks) : missing;
  if (blocks.empty() || blocks.size() > kStagesMax)
    reader.fail(name, fmt::format("1 to {} stages are supported", kStagesMax));
  return blocks;
}

// One width for all layers; 0: the field is missing.
int read_channels(ConfigReader& reader, std::string_view name, std::size_t stages) {
  const auto channels = reader.integers(name, kChannels);
  if (channels.empty()) return 0;
  if (channels.size() != stages) reader.fail(name, "one for each stage is needed");
  for (const int width : channels)
    if (width != channels.front()) reader.fail(name, "one width for all stages is supported");
  return channels.front();
}

}  // namespace

Result<TinyVaeConfig> parse_tiny_vae_config(const Json& config, Warnings& warnings) {
  ConfigReader reader(config, "the tiny VAE's config");
  TinyVaeConfig vae;
  reader.only("_class_name", "AutoencoderTiny");
  vae.in_channels = reader.integer("in_channels", 3, kChannels);
  vae.out_channels = reader.integer("out_channels", 3, kChannels);
  vae.latent_channels = reader.integer("latent_channels", 4, {1, 256});
  vae.encoder_blocks = read_blocks(reader, "num_encoder_blocks", vae.encoder_blocks);
  vae.decoder_blocks = read_blocks(reader, "num_decoder_blocks", vae.decoder_blocks);
  const int encoder =
      read_channels(reader, "encoder_block_out_channels", vae.encoder_blocks.size());
  const int decoder =
      read_channels(reader, "decoder_block_out_channels", vae.decoder_blocks.size());
  if (encoder != 0) vae.channels = encoder;
  if (decoder != 0 && decoder != vae.channels)
    reader.fail("decoder_block_out_channels", fmt::format("the encoder has {}", vae.channels));
  vae.activation = read_activation(reader, "act_fn", Op::kRelu);
  vae.upsampling = reader.integer("upsampling_scaling_factor", 2, {1, 8});
  reader.only("upsample_fn", "nearest");
  reader.only("latent_magnitude", 3);  // diffusers' decoder computes with 3 whatever this says
  reader.only("scaling_factor", 1);
  reader.only("shift_factor", 0);
  reader.no_effect({"latent_shift", "force_upcast", "block_out_channels"});
  TRY_STATUS(reader.finish(warnings));
  return vae;
}

}  // namespace diptych
