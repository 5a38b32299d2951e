#include "image/models/detect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace diptych {
namespace {

constexpr std::int64_t kSd2Context = 1024;
constexpr std::int64_t kRefinerLabel = 2560;

bool is_text_time(
    const UnetTraits& unet) {  // unCLIP's label beside SD 2's context is another thing
  return unet.label_embedding && unet.context_channels != kSd2Context;
}
bool is_sdxl(const UnetTraits& unet) {
  return is_text_time(unet) && unet.label_channels != kRefinerLabel;
}
bool is_sd2(const UnetTraits& unet) { return !unet.label_embedding && unet.linear_projection; }
bool is_sd1(const UnetTraits& unet) { return !unet.label_embedding && !unet.linear_projection; }

constexpr auto kEpsilon = Prediction::kEpsilon;
constexpr std::array kFamilies = {
    FamilyRow{"sd1", "Stable Diffusion 1.x", true,
              [](const UnetTraits& unet) { return is_sd1(unet) && unet.in_channels == 4; }, 0.18215,
              8, kEpsilon},
    FamilyRow{"sd2", "Stable Diffusion 2.x", true,
              [](const UnetTraits& unet) { return is_sd2(unet) && unet.in_channels == 4; }, 0.18215,
              0, std::nullopt},
    FamilyRow{"sdxl", "Stable Diffusion XL", true,
              [](const UnetTraits& unet) { return is_sdxl(unet) && unet.in_channels == 4; },
              0.13025, 0, kEpsilon},
    FamilyRow{"sd1-inpaint", "Stable Diffusion 1.x inpainting", true,
              [](const UnetTraits& unet) { return is_sd1(unet) && unet.in_channels == 9; }, 0.18215,
              8, kEpsilon},
    FamilyRow{"sd2-inpaint", "Stable Diffusion 2.x inpainting", true,
              [](const UnetTraits& unet) { return is_sd2(unet) && unet.in_channels == 9; }, 0.18215,
              0, kEpsilon},
    FamilyRow{"sdxl-inpaint", "Stable Diffusion XL inpainting", true,
              [](const UnetTraits& unet) { return is_sdxl(unet) && unet.in_channels == 9; },
              0.13025, 0, kEpsilon},
    FamilyRow{"sdxl-refiner",
              "the Stable Diffusion XL refiner",
              false,
              [](const UnetTraits& unet) { return unet.label_channels == kRefinerLabel; },
              0,
              0,
              {}},
    FamilyRow{"unclip",
              "Stable unCLIP",
              false,
              [](const UnetTraits& unet) { return unet.label_embedding && !is_text_time(unet); },
              0,
              0,
              {}},
    FamilyRow{"pix2pix",
              "an instruction editing model (8 input channels)",
              false,
              [](const UnetTraits& unet) { return unet.in_channels == 8; },
              0,
              0,
              {}},
    FamilyRow{"depth",
              "a depth-to-image model (5 input channels)",
              false,
              [](const UnetTraits& unet) { return unet.in_channels == 5; },
              0,
              0,
              {}},
    FamilyRow{"upscaler",
              "a diffusion upscaler (7 input channels)",
              false,
              [](const UnetTraits& unet) { return unet.in_channels == 7; },
              0,
              0,
              {}},
};

// Kinds of files that are no model of ours, by one telling name or ending. In the order of asking.
enum class Mark { kName, kBeginning, kEnding };
struct OtherKind {
  std::string_view title;
  Mark mark;
  std::string_view text;
};
constexpr OtherKind kOtherKinds[] = {
    {"a LoRA", Mark::kEnding, ".lora_down.weight"},
    {"a LoRA", Mark::kEnding, ".lora_A.weight"},
    {"a LoRA", Mark::kEnding, ".lora.down.weight"},
    {"a LoRA", Mark::kEnding, "_lora.down.weight"},
    {"a LoHa", Mark::kEnding, ".hada_w1_a"},
    {"a LoKr", Mark::kEnding, ".lokr_w1"},
    {"a LoKr", Mark::kEnding, ".lokr_w1_a"},
    {"an OFT adapter", Mark::kEnding, ".oft_blocks"},
    {"a Control-LoRA", Mark::kName, "lora_controlnet"},
    {"a ControlNet", Mark::kBeginning, "control_model."},
    {"a ControlNet", Mark::kBeginning, "controlnet_cond_embedding."},
    {"a T2I adapter", Mark::kBeginning, "adapter.body."},
    {"an IP-Adapter", Mark::kBeginning, "image_proj."},
    {"a textual inversion", Mark::kName, "emb_params"},
    {"a textual inversion", Mark::kName, "clip_g"},
    {"Playground 2.5", Mark::kName, "edm_mean"},
    {"an EDM model", Mark::kName, "edm_vpred.sigma_max"},
};

// Families without a UNet, by a name below the denoiser's prefix.
struct OtherFamily {
  std::string_view title, name;
};
constexpr OtherFamily kOtherFamilies[] = {
    {"Stable Diffusion 3", "joint_blocks.0.context_block.adaLN_modulation.1.bias"},
    {"FLUX.2", "single_stream_modulation.lin.weight"},
    {"Chroma", "distilled_guidance_layer.in_proj.bias"},
    {"FLUX.1", "double_blocks.0.img_attn.norm.key_norm.scale"},
    {"AuraFlow", "double_layers.0.attn.w1q.weight"},
    {"LTX Video", "patchify_proj.weight"},
    {"Wan", "head.modulation"},
    {"Hunyuan Video", "txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias"},
    {"Z-Image", "noise_refiner.0.attention.qkv.weight"},
    {"Lumina 2", "cap_embedder.0.weight"},
    {"Qwen-Image", "transformer_blocks.0.img_mlp.net.0.proj.weight"},
    {"HiDream", "double_stream_blocks.0.block.adaLN_modulation.1.bias"},
    {"Sana", "blocks.0.cross_attn.q_linear.weight"},
    {"Stable Cascade", "clip_txt_mapper.weight"},
    {"PixArt", "adaln_single.linear.weight"},
};

constexpr std::string_view kDenoiserPrefixes[] = {"model.diffusion_model.", "diffusion_model.",
                                                  "model.model.", "net.", ""};

std::unexpected<Error> unsupported(std::string_view found) {
  std::vector<std::string_view> names;
  for (const FamilyRow& row : kFamilies) {
    if (row.supported) names.push_back(row.title);
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("this is {}; supported are: {}", found, fmt::join(names, ", ")));
}

bool is_marked(const TensorNames& names, const OtherKind& kind) {
  if (kind.mark == Mark::kName) return names.has(kind.text);
  if (kind.mark == Mark::kBeginning) return names.has_any(kind.text);
  return names.find_ending(kind.text) != nullptr;
}

Status refuse_others(const TensorNames& names) {
  for (const OtherKind& kind : kOtherKinds) {
    if (is_marked(names, kind)) return unsupported(kind.title);
  }
  for (const std::string_view prefix : kDenoiserPrefixes) {
    const TensorNames denoiser = names.below(prefix);
    for (const OtherFamily& other : kOtherFamilies) {
      if (denoiser.has(other.name)) return unsupported(other.title);
    }
  }
  return {};
}

UnetTraits unet_traits(const TensorNames& names, Naming naming) {
  const bool original = naming == Naming::kOriginal;
  UnetTraits traits;
  traits.in_channels = names.size(original ? "input_blocks.0.0.weight" : "conv_in.weight", 1);
  if (const WeightInfo* key = names.find_ending(".attn2.to_k.weight");
      key && key->shape.rank() > 1) {
    traits.context_channels = key->shape[1];
  }
  const WeightInfo* projection = names.find_ending(".proj_in.weight");
  traits.linear_projection = projection != nullptr && projection->shape.rank() == 2;
  for (const std::string_view label : {"label_emb.0.0.weight", "add_embedding.linear_1.weight",
                                       "class_embedding.linear_1.weight"}) {
    if (!names.has(label)) continue;
    traits.label_embedding = true;
    traits.label_channels = names.size(label, 1);
  }
  return traits;
}

Result<const FamilyRow*> family_of(const UnetTraits& traits) {
  const auto row = std::ranges::find_if(
      kFamilies, [&](const FamilyRow& family) { return family.matches(traits); });
  if (row == kFamilies.end()) {
    return unsupported(fmt::format("a UNet of {} input channels with a context of {}",
                                   traits.in_channels, traits.context_channels));
  }
  if (!row->supported) return unsupported(row->title);
  return &*row;
}

// Prefix and naming of the UNet; no prefix: there is none.
void find_unet(const TensorNames& names, Detected& found) {
  for (const std::string_view prefix : kDenoiserPrefixes) {
    const TensorNames below = names.below(prefix);
    const bool original = below.has("input_blocks.0.0.weight");
    if (!original && !(below.has("conv_in.weight") && below.has_any("down_blocks.0.resnets.0."))) {
      continue;
    }
    found.unet = std::string(prefix);
    found.unet_naming = original ? Naming::kOriginal : Naming::kDiffusers;
    return;
  }
}

std::optional<std::string> first_prefix(const TensorNames& names,
                                        std::span<const std::string_view> prefixes,
                                        std::string_view telling) {
  for (const std::string_view prefix : prefixes) {
    if (names.below(prefix).has_any(telling)) return std::string(prefix);
  }
  return std::nullopt;
}

void find_other_parts(const TensorNames& names, Detected& found) {
  constexpr std::string_view kVae[] = {"first_stage_model.", "vae.", ""};
  found.vae = first_prefix(names, kVae, "decoder.conv_in.");
  constexpr std::string_view kClip[] = {"cond_stage_model.transformer.",
                                        "conditioner.embedders.0.transformer.",
                                        "text_encoders.clip_l.transformer.", ""};
  found.clip = first_prefix(names, kClip, "text_model.encoder.layers.0.");
  if (!found.clip) found.clip = first_prefix(names, kClip, "encoder.layers.0.layer_norm1.");
  constexpr std::string_view kOpenClip[] = {"cond_stage_model.model.",
                                            "conditioner.embedders.1.model.",
                                            "conditioner.embedders.0.model."};
  found.open_clip = first_prefix(names, kOpenClip, "transformer.resblocks.0.");
}

std::optional<Prediction> stated_prediction(const TensorNames& names,
                                            const SafetensorsMetadata& metadata) {
  if (names.has("v_pred")) return Prediction::kV;
  if (const auto type = metadata.find("modelspec.prediction_type"); type != metadata.end()) {
    if (type->second == "v" || type->second == "v_prediction") return Prediction::kV;
    if (type->second == "epsilon") return Prediction::kEpsilon;
  }
  if (const auto name = metadata.find("modelspec.architecture"); name != metadata.end()) {
    if (name->second.starts_with("stable-diffusion-v2-768-v")) return Prediction::kV;
    if (name->second.starts_with("stable-diffusion-v2-512")) return Prediction::kEpsilon;
  }
  return std::nullopt;
}

std::string first_names(const WeightSource& weights) {
  std::vector<std::string_view> names;
  for (const WeightInfo& info :
       weights.index().first(std::min<std::size_t>(3, weights.index().size()))) {
    names.push_back(info.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::span<const FamilyRow> families() { return kFamilies; }

const FamilyRow* find_family(std::string_view name) {
  const auto row = std::ranges::find(kFamilies, name, &FamilyRow::name);
  return row == kFamilies.end() ? nullptr : &*row;
}

Result<Detected> detect(const WeightSource& weights, const SafetensorsMetadata& metadata) {
  const TensorNames names(weights);
  TRY_STATUS(refuse_others(names));
  Detected found;
  find_unet(names, found);
  find_other_parts(names, found);
  if (found.unet) {
    TRY(found.family, family_of(unet_traits(names.below(*found.unet), found.unet_naming)));
    if (found.open_clip == "conditioner.embedders.0.model.") {
      return unsupported(find_family("sdxl-refiner")->title);
    }
    found.prediction = stated_prediction(names, metadata);
    if (!found.prediction) found.prediction = found.family->prediction;
    found.zero_terminal_snr = names.has("ztsnr");
  } else if (names.has_any(kDenoiserPrefixes[0]) ||
             (!found.vae && !found.clip && !found.open_clip)) {
    return unsupported(weights.index().empty()
                           ? "an empty file"
                           : fmt::format("no known picture model ({} tensors: {}, …)",
                                         weights.index().size(), first_names(weights)));
  }
  return found;
}

Result<const FamilyRow*> detect_unet(const WeightSource& unet) {
  const TensorNames names(unet);
  TRY_STATUS(refuse_others(names));
  return family_of(unet_traits(names, Naming::kDiffusers));
}

}  // namespace diptych
