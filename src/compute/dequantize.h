#pragma once
// Quantised blocks of GGUF files as f32. The layouts are those of ggml (ggml-common.h); the answers
// are held to its reference dequantisation.

#include <cstddef>
#include <span>

#include "compute/dtype.h"

namespace diptych {

bool is_quantised(DType dtype);

// `from` holds whole blocks of a quantised `dtype`, `to` exactly their elements. CHECKs both.
void dequantize(DType dtype, std::span<const std::byte> from, std::span<float> to);

}  // namespace diptych
