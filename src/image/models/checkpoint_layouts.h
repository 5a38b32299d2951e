#pragma once
// How open_checkpoint() reads each layout on disk: what lies there, complete or not. For
// checkpoint.cc and fuzz/ only.

#include "formats/weight_file.h"
#include "image/models/checkpoint.h"

namespace diptych {

// Parts that are not there stay empty; no UNet: `family` is empty too.
Result<Checkpoint> open_checkpoint_folder(const Path& path);
Result<Checkpoint> open_checkpoint_file(const Path& path);
Result<Checkpoint> take_apart(const WeightFile& file);

// A diffusers folder of one VAE.
Result<ModelPart> open_vae_folder(const Path& folder);

}  // namespace diptych
