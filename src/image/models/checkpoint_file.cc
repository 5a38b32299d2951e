// One file: the original layout of Stable Diffusion checkpoints, or a part of a model alone.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/config_json.h"
#include "formats/weight_file.h"
#include "image/models/checkpoint_layouts.h"
#include "image/models/derive_config.h"
#include "image/models/detect.h"
#include "image/models/key_map.h"
#include "image/models/key_rules.h"

namespace diptych {
namespace {

// Stable Diffusion 2 was trained on the last layer but one of OpenCLIP-H: diffusers stores 23.
constexpr int kOpenClipHLayers = 24;

// Of training, of samplers, of other programs: a part does not need them.
constexpr std::string_view kUnneeded[] = {
    "model_ema.",
    "betas",
    "alphas_cumprod",
    "sqrt_",
    "log_one_minus_",
    "posterior_",
    "lvlb_",
    "logvar",
    "v_pred",
    "ztsnr",
    "global_step",
    "denoiser.",
    "first_stage_model.loss.",
    "loss.",
    "model.betas",
    "scale_factor",
};
bool is_unneeded(std::string_view name) {
  return name.ends_with("position_ids") || name.ends_with("logit_scale") ||
         std::ranges::any_of(kUnneeded,
                             [&](std::string_view text) { return name.starts_with(text); });
}

// One file being taken apart.
struct Parts {
  const SharedWeights& weights;
  const Detected& found;
  std::vector<std::string> unused = {};
};

Result<SharedWeights> map_part(Parts& parts, std::vector<KeyRule> rules, std::string_view prefix) {
  return map_to_diffusers(KeyMap(std::move(rules)), parts.weights, prefix, parts.unused);
}

std::vector<KeyRule> same_names(std::initializer_list<std::string_view> modules) {
  std::vector<KeyRule> rules;
  for (const std::string_view module : modules) {
    rules.push_back({std::string(module), std::string(module)});
  }
  return rules;
}

Result<SharedWeights> unet_of(Parts& parts, const std::string& prefix) {
  if (parts.found.unet_naming == Naming::kDiffusers) {
    return map_part(parts,
                    same_names({"conv_in", "time_embedding", "add_embedding", "down_blocks",
                                "mid_block", "up_blocks", "conv_norm_out", "conv_out"}),
                    prefix);
  }
  const UnetLayout layout = original_unet_layout(TensorNames(*parts.weights, prefix));
  return map_part(parts, unet_key_rules(layout), prefix);
}

Result<SharedWeights> vae_of(Parts& parts, const std::string& prefix) {
  const TensorNames names(*parts.weights, prefix);
  if (names.has_any("decoder.up_blocks.")) return map_part(parts, early_vae_key_rules(), prefix);
  return map_part(parts, vae_key_rules(original_vae_layout(names)), prefix);
}

Result<SharedWeights> clip_of(Parts& parts, const std::string& prefix) {
  const bool level = TensorNames(*parts.weights, prefix).has_any("text_model.");
  return map_part(parts, clip_key_rules(level ? "text_model" : ""), prefix);
}

Result<SharedWeights> open_clip_of(Parts& parts, const std::string& prefix) {
  const int layers = TensorNames(*parts.weights, prefix).count("transformer.resblocks.", ".");
  const bool sd2 = parts.found.family != nullptr && parts.found.family->name.starts_with("sd2");
  const bool last_unneeded = sd2 && layers == kOpenClipHLayers;
  auto rules = open_clip_key_rules(last_unneeded ? layers - 1 : layers);
  if (sd2) std::erase_if(rules, [](const KeyRule& r) { return r.original == "text_projection"; });
  TRY(SharedWeights mapped, map_part(parts, std::move(rules), prefix));
  if (sd2) {
    const std::string last = fmt::format("{}transformer.resblocks.{}.", prefix, layers - 1);
    std::erase_if(parts.unused, [&](const std::string& name) {
      return (last_unneeded && name.starts_with(last)) || name == prefix + "text_projection";
    });
  }
  return mapped;
}

// What this program wrote into the file's metadata, else what the shapes say.
Result<Json> config_of(const SafetensorsMetadata& metadata, std::string_view part, Json derived) {
  const auto written = metadata.find(fmt::format("diptych.{}", part));
  if (written == metadata.end()) return derived;
  auto config = parse_config_json(written->second);
  if (config) return config;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("metadata \"{}\": {}", written->first, config.error().message));
}

Status take_parts(Parts& parts, const SafetensorsMetadata& metadata, Checkpoint& checkpoint) {
  const Detected& found = parts.found;
  const FamilyRow* family = found.family;
  if (found.unet) {
    TRY(checkpoint.unet.weights, unet_of(parts, *found.unet));
    TRY(checkpoint.unet.config,
        config_of(metadata, "unet", derive_unet_config(*checkpoint.unet.weights, *family)));
  }
  if (found.vae) {
    TRY(checkpoint.vae.weights, vae_of(parts, *found.vae));
    const auto scale = family != nullptr ? std::optional(family->latent_scale) : std::nullopt;
    TRY(checkpoint.vae.config,
        config_of(metadata, "vae", derive_vae_config(*checkpoint.vae.weights, scale)));
  }
  if (found.clip) {
    ModelPart& part = checkpoint.text_encoder;
    TRY(part.weights, clip_of(parts, *found.clip));
    TRY(part.config,
        config_of(metadata, "text_encoder", derive_clip_config(*part.weights, ClipKind::kClip)));
  }
  if (found.open_clip) {
    ModelPart& part = found.clip ? checkpoint.text_encoder_2 : checkpoint.text_encoder;
    TRY(part.weights, open_clip_of(parts, *found.open_clip));
    TRY(part.config, config_of(metadata, found.clip ? "text_encoder_2" : "text_encoder",
                               derive_clip_config(*part.weights, ClipKind::kOpenClip)));
  }
  return {};
}

void add_names_outside(Parts& parts) {
  const Detected& found = parts.found;
  for (const WeightInfo& info : parts.weights->index()) {
    const auto inside = [&](const std::optional<std::string>& prefix) {
      return prefix && info.name.starts_with(*prefix);
    };
    if (inside(found.unet) || inside(found.vae) || inside(found.clip) || inside(found.open_clip)) {
      continue;
    }
    parts.unused.push_back(info.name);
  }
}

void warn_of_unused(Parts& parts, Warnings& warnings) {
  add_names_outside(parts);
  std::erase_if(parts.unused, is_unneeded);
  if (parts.unused.empty()) return;
  constexpr std::size_t kNamed = 3;
  const std::span<const std::string> named(parts.unused.data(),
                                           std::min(kNamed, parts.unused.size()));
  warnings.push_back(
      {"model", fmt::format("{} tensors are not used: {}{}", parts.unused.size(),
                            fmt::join(named, ", "), parts.unused.size() > kNamed ? ", …" : "")});
}

}  // namespace

Result<Checkpoint> take_apart(const WeightFile& file) {
  TRY(const Detected found, detect(*file.weights, file.metadata));
  Checkpoint checkpoint;
  Parts parts{file.weights, found};
  TRY_STATUS(take_parts(parts, file.metadata, checkpoint));
  warn_of_unused(parts, checkpoint.warnings);
  if (found.family == nullptr) return checkpoint;
  checkpoint.family = found.family->name;
  checkpoint.prediction = found.prediction;
  checkpoint.zero_terminal_snr = found.zero_terminal_snr;
  TRY(checkpoint.scheduler,
      config_of(file.metadata, "scheduler",
                derive_scheduler_config(*found.family, found.prediction, found.zero_terminal_snr)));
  const Json& type = checkpoint.scheduler["prediction_type"];
  if (type.is_string()) {
    TRY(checkpoint.prediction, parse_prediction(type.as_string()));
  }
  return checkpoint;
}

Result<Checkpoint> open_checkpoint_file(const Path& path) {
  TRY(const WeightFile file, open_weight_file(path));
  auto checkpoint = take_apart(file);
  if (!checkpoint) {
    Error error = std::move(checkpoint).error();
    error.message = fmt::format("{}: {}", path.string(), error.message);
    return fail(std::move(error));
  }
  checkpoint->origin = path;
  checkpoint->files.push_back(path);
  for (const auto part : {&Checkpoint::unet, &Checkpoint::vae, &Checkpoint::text_encoder,
                          &Checkpoint::text_encoder_2})
    ((*checkpoint).*part).files.push_back(path);
  return checkpoint;
}

}  // namespace diptych
