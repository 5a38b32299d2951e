#pragma once
// Weights without a file: random values under given names and shapes, as large as a freshly
// initialised model's, so that activations stay within range. For tests and benchmarks.

#include <cstdint>
#include <memory>
#include <vector>

#include "compute/weight_source.h"

namespace diptych {

// `tensors`: from expected_weights(); their dtype is ignored. `dtype`: kF32, kF16 or kBf16.
// Matrices are uniform with variance 1/fan-in, biases within ±0.1, weights of norms within 1 ± 0.1.
// A tensor's values depend on its name and the seed only. All are in memory: 1.7 GB for SD 1.5's
// UNet in f16.
std::shared_ptr<const WeightSource> make_random_weights(std::vector<WeightInfo> tensors,
                                                        DType dtype, std::uint64_t seed = 1);

}  // namespace diptych
