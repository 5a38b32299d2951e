#pragma once
#include <string>

#include "app/report.h"
#include "base/file.h"

namespace diptych {

struct ConvertOptions {
  Path from;         // a model: folder, safetensors or GGUF file
  Path other_parts;  // where `from` is only a part: a model that has the rest
  Path to;  // ends in .safetensors: one file of the original layout; else a diffusers folder
  std::string dtype;   // "f32", "f16", "bf16"; empty: tensors stay as they are
  bool force = false;  // replace what is there
};

Result<Report> convert_model(const ConvertOptions& options);

}  // namespace diptych
