#pragma once
// oneDNN's convolutions and matrix products with norms, attention and everything between them of
// our own, on activations that stay [n, h, w, c] from end to end. Device "onednn:cpu", on x86 with
// AVX-512.

#include <memory>

#include "compute/backend.h"

namespace diptych {

// In a build without oneDNN the back end has no devices and compile() refuses by name.
std::unique_ptr<Backend> make_onednn_backend();

}  // namespace diptych
