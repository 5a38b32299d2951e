#pragma once
// A back end that computes every op naively in f64. Slow; the oracle of tests.

#include <memory>

#include "compute/backend.h"

namespace diptych {

// One device, "reference:cpu", f32 only.
std::unique_ptr<Backend> make_reference_backend();

}  // namespace diptych
