#pragma once
// Writes a checkpoint as a diffusers folder or as one safetensors file of the original layout.

#include <cstdint>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "image/models/checkpoint.h"

namespace diptych {

struct SaveOptions {
  std::optional<DType> dtype;  // kF32, kF16, kBf16; none: tensors stay as they are
  std::function<void(std::uint64_t done, std::uint64_t in_all)> progress;  // bytes
};

// model_index.json, and a folder each for unet, vae, text encoders, scheduler, tokenizers. Files
// that are there are replaced, each when its successor is complete; model_index.json comes last.
// Returns what could not be written (tokenizers of models that have none).
Result<Warnings> save_folder(const Checkpoint& checkpoint, const Path& folder,
                             const SaveOptions& options);

// The configs go into the metadata ("diptych.unet", …), so that opening it gives back exactly what
// was saved; other programs find the original layout. Errors: kUnsupported where a tensor has no
// place in it.
Status save_single_file(const Checkpoint& checkpoint, const Path& file, const SaveOptions& options);

}  // namespace diptych
