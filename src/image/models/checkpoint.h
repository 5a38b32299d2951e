#pragma once
// A picture model on disk, whatever its layout, as its parts: weights under diffusers' names and
// configs in diffusers' layout. A diffusers folder, one safetensors file of the original layout
// (SD 1.x, SD 2.x, SDXL), or a UNet alone (safetensors, GGUF) whose other parts lie elsewhere.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "compute/weight_source.h"
#include "image/diffusion/prediction.h"

namespace diptych {

struct ModelPart {
  std::shared_ptr<const WeightSource> weights;  // null: this model has no such part
  // The part's config.json, or the same members derived from names and shapes. Text encoders: names
  // begin with "text_model." ("text_projection.weight" stands alone), also where the file lacks it.
  Json config;
  std::vector<Path> files = {};  // of the weights; they may hold other parts too

  explicit operator bool() const { return weights != nullptr; }
};

struct TokenizerFiles {
  Path vocabulary;  // vocab.json
  Path merges;      // merges.txt
  Path config;      // tokenizer_config.json; empty: none
};

struct Checkpoint {
  std::string family;  // a row of families() in image/models/detect.h: "sd1", "sdxl", "sd1-inpaint"
  ModelPart unet, vae, text_encoder, text_encoder_2;
  std::optional<TokenizerFiles> tokenizer, tokenizer_2;  // none: CLIP's own vocabulary
  Json scheduler;  // scheduler_config.json; of a single file the family's usual one
  // None: nothing in the model says (SD 2.x as a single file); `scheduler` then leaves it out too.
  std::optional<Prediction> prediction;
  bool zero_terminal_snr = false;
  Path origin;              // what was opened
  std::vector<Path> files;  // every file of weights that was opened; the UNet's first
  Warnings warnings;        // tensors that no part uses
};

// A family that is not supported, a part that is missing: kUnsupported, naming what was found.
// `other_parts`: a second model (folder or file) that gives every part which `path` lacks.
Result<Checkpoint> open_checkpoint(const Path& path, const Path& other_parts = {});

// A VAE alone: a diffusers folder of one, a file of either naming, or the VAE of a whole model.
Result<ModelPart> open_vae(const Path& path);

// First ten hex digits of the SHA-256 of the UNet's (first) file, the "model hash" of infotext.
// Reads that file from end to end: keep the answer.
Result<std::string> model_hash(const Checkpoint& checkpoint);

}  // namespace diptych
