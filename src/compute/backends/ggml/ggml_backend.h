#pragma once
// Programs on ggml's devices: its CPU, and any GPU whose library lies beside it.

#include <memory>

#include "base/error.h"
#include "compute/backend.h"

namespace diptych {

// Loads ggml's libraries (once per process). Devices: "ggml:cpu", "ggml:cuda0", "ggml:vulkan0", ….
// kUnsupported: no device, with the folder that was searched.
Result<std::unique_ptr<Backend>> make_ggml_backend();

}  // namespace diptych
