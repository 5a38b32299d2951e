#pragma once
// A lowered graph with its memory on a device.

#include <memory>
#include <vector>

#include "compute/backend.h"
#include "compute/backends/bindings.h"
#include "compute/backends/ggml/lowering.h"

namespace diptych {

// Allocates everything and copies the weights. Errors: kOutOfMemory, kInternal.
Result<std::unique_ptr<Program>> make_ggml_program(const Graph& graph, const WeightSource& weights,
                                                   const GgmlTarget& target,
                                                   std::function<int()> threads);

}  // namespace diptych
