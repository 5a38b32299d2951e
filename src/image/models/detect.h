#pragma once
// Which family of models a set of tensors is: by names and shapes, never by the file's name.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "compute/weight_source.h"
#include "formats/safetensors.h"
#include "image/diffusion/prediction.h"
#include "image/models/tensor_names.h"

namespace diptych {

// A UNet's shape in the terms that tell families apart, read from either naming.
struct UnetTraits {
  std::int64_t in_channels = 0;
  std::int64_t context_channels = 0;
  bool linear_projection = false;  // around the transformer blocks; else 1×1 convolutions
  bool label_embedding = false;    // a second condition beside the text
  std::int64_t label_channels = 0;
};

struct FamilyRow {
  std::string_view name;   // "sd1"
  std::string_view title;  // "Stable Diffusion 1.x"
  bool supported;
  bool (*matches)(const UnetTraits& traits);
  // Of what a single file does not say.
  double latent_scale;
  int heads;  // of a UNet's attention; 0: channels / 64
  std::optional<Prediction> prediction;
};
// The first match wins. Refused families are rows too, so that a refusal can name them.
std::span<const FamilyRow> families();
const FamilyRow* find_family(std::string_view name);

enum class Naming { kOriginal, kDiffusers };

// Where the parts of a model lie in one set of tensors; empty optional: not there.
struct Detected {
  const FamilyRow* family = nullptr;  // null: there is no UNet
  Naming unet_naming = Naming::kOriginal;
  std::optional<std::string> unet;  // prefixes
  std::optional<std::string> vae;
  std::optional<std::string> clip;       // transformers' naming; "….text_model." left off
  std::optional<std::string> open_clip;  // the original naming
  std::optional<Prediction> prediction;
  bool zero_terminal_snr = false;
};

// Errors: kUnsupported, naming the family that was found, or what is there where none is known.
Result<Detected> detect(const WeightSource& weights, const SafetensorsMetadata& metadata = {});

// The family of a UNet in diffusers' naming.
Result<const FamilyRow*> detect_unet(const WeightSource& unet);

}  // namespace diptych
