#pragma once
// In which type a weight is kept, and in which it is computed with.

#include "compute/backend.h"
#include "compute/backends/ggml/resident_tensors.h"
#include "compute/graph/graph.h"

namespace diptych {

enum class WeightUse {
  kMatrix,    // second input of a convolution or a linear layer, and nothing else
  kTable,     // of an embedding, and nothing else
  kElements,  // norms, biases, everything else: always f32
};

// For each node of the graph; of weights only it means something.
std::vector<WeightUse> weight_uses(const Graph& graph);

struct WeightPlan {
  ggml_type kept = GGML_TYPE_F32;
  ggml_type computed = GGML_TYPE_F32;  // another one: converted on the device at each use
  GgmlDims dims{1, 1, 1, 1};
};

class WeightPlanner {
 public:
  WeightPlanner(const Graph& graph, Precision precision, bool is_cpu);
  WeightPlan plan(const Node& weight, WeightUse use) const;

 private:
  WeightPlan plan_matrix(const Node& weight) const;

  const Precision precision_;
  const bool is_cpu_;
  bool expand_ = true;  // matrices are kept in the type they are computed in
};

}  // namespace diptych
