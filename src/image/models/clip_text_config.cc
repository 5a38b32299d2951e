#include "image/models/clip_text_config.h"

#include <algorithm>

#include <fmt/format.h>

#include "image/models/config_reader.h"

namespace diptych {
namespace {

constexpr IntegerRange kChannels{1, 16384};
constexpr IntegerRange kLayers{1, 128};
constexpr IntegerRange kHeads{1, 1024};
constexpr IntegerRange kPositions{1, 4096};
constexpr IntegerRange kVocabulary{1, 1 << 20};

constexpr std::string_view kPlain = "CLIPTextModel";
constexpr std::string_view kProjected = "CLIPTextModelWithProjection";

bool has_projection(ConfigReader& reader) {
  const auto architectures = reader.texts("architectures");
  for (const std::string& name : architectures)
    if (name != kPlain && name != kProjected)
      reader.fail("architectures", fmt::format("supported are: {}, {}", kPlain, kProjected));
  return std::ranges::find(architectures, kProjected) != architectures.end();
}

}  // namespace

Result<ClipTextConfig> parse_clip_text_config(const Json& config, Warnings& warnings) {
  ConfigReader reader(config, "the text encoder's config");
  ClipTextConfig clip;
  reader.only("model_type", "clip_text_model");
  clip.vocabulary = reader.integer("vocab_size", 49408, kVocabulary);
  clip.channels = reader.integer("hidden_size", 512, kChannels);
  clip.feed_forward_channels = reader.integer("intermediate_size", 2048, kChannels);
  clip.layers = reader.integer("num_hidden_layers", 12, kLayers);
  clip.heads = reader.integer("num_attention_heads", 8, kHeads);
  clip.positions = reader.integer("max_position_embeddings", 77, kPositions);
  clip.activation = read_activation(reader, "hidden_act", Op::kQuickGelu);
  clip.norm_eps = reader.number("layer_norm_eps", 1e-5F);
  const int projection = reader.integer("projection_dim", 512, kChannels);
  if (has_projection(reader)) clip.projection_channels = projection;
  if (clip.channels % clip.heads != 0)
    reader.fail("num_attention_heads",
                fmt::format("{} channels do not divide into them", clip.channels));
  reader.no_effect({"attention_dropout", "dropout", "initializer_factor", "initializer_range",
                    "bos_token_id", "eos_token_id", "pad_token_id", "dtype", "torch_dtype",
                    "transformers_version", "gradient_checkpointing"});
  TRY_STATUS(reader.finish(warnings));
  return clip;
}

}  // namespace diptych
