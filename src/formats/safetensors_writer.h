#pragma once
// Writes any source of weights as a safetensors file, a tensor at a time.

#include <cstdint>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "compute/weight_source.h"
#include "formats/safetensors.h"

namespace diptych {

struct SafetensorsOptions {
  SafetensorsMetadata metadata;
  // Tensors of floating and quantised types become this: kF32, kF16 or kBf16, rounded to nearest
  // even. None: every tensor stays as it is; a quantised one is then an error.
  std::optional<DType> dtype;
  std::function<void(std::uint64_t done, std::uint64_t in_all)> progress;  // bytes read
};

// The file appears when it is complete. Read pages are released on the way. Errors: kUnsupported (a
// type that the format lacks), kInvalidArgument (a value too large for f16, by name), kIo.
Status write_safetensors(const Path& path, const WeightSource& source,
                         const SafetensorsOptions& options);

}  // namespace diptych
