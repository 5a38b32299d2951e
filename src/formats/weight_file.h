#pragma once
// A file of weights, whatever its format: told by its first bytes, never by its name.

#include "base/error.h"
#include "base/file.h"
#include "formats/safetensors.h"
#include "formats/weight_view.h"

namespace diptych {

struct WeightFile {
  SharedWeights weights;
  SafetensorsMetadata metadata;  // of a GGUF file: its texts
};

// Errors: kUnsupported for pickles (.ckpt, .pt, .bin), which can run any program.
Result<WeightFile> open_weight_file(const Path& path);

}  // namespace diptych
