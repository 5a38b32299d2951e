#pragma once
// Small graphs that show every op with its options: what each back end must compute alike.

#include <string>
#include <vector>

#include "compute/backends/testing/memory_weights.h"
#include "compute/graph/graph.h"

namespace diptych {

struct OpCase {
  std::string name;
  MemoryWeights weights;
  Graph graph;
  float input_low = -2, input_high = 2;  // of f32 inputs; i32 inputs are 0 … 4
  double f32_error = 1e-5;               // what f32 arithmetic may cost, of the largest value
};

std::vector<OpCase> op_cases();

}  // namespace diptych
