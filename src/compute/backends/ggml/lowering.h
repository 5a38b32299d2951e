#pragma once
// From our graph to ggml's. Every value becomes a contiguous tensor whose elements lie in the
// row-major order of its shape; with 5 axes the outermost two are one in ggml.

#include <span>
#include <vector>

#include "base/error.h"
#include "compute/backend.h"
#include "compute/backends/ggml/handles.h"
#include "compute/backends/ggml/resident_tensors.h"
#include "compute/graph/graph.h"

namespace diptych {

struct GgmlTarget {
  ggml_backend_dev_t device = nullptr;
  bool is_cpu = true;
  Precision precision = Precision::kF32;
};

struct Operand {
  ggml_tensor* tensor = nullptr;
  const Node* node = nullptr;
  const Shape& shape() const { return node->shape; }
};
using Operands = std::span<const Operand>;

class GgmlLowering {
 public:
  GgmlLowering(const Graph& graph, const WeightSource& weights, const GgmlTarget& target);

  // kUnsupported: an op, an option or a type that ggml cannot do, named. kInvalidArgument: a weight
  // that the source does not have.
  Status lower();

  // For the ops.
  ggml_context* context() { return context_.get(); }
  const GgmlTarget& target() const { return target_; }
  ggml_tensor* constant(const GgmlDims& dims, std::vector<float> values) {
    return resident_.add_constant(dims, std::move(values));
  }
  bool device_can(const ggml_tensor* op) const;

  // The result, once lowered.
  ggml_cgraph* graph() { return ggml_graph_; }
  std::size_t graph_size() const { return node_count_max_; }
  ResidentTensors take_resident() { return std::move(resident_); }
  GgmlContextPtr take_context() { return std::move(context_); }
  std::vector<ggml_tensor*> inputs, outputs;  // in the order of Graph::inputs() and outputs()

 private:
  Result<ggml_tensor*> lower_node(const Node& node);
  ggml_tensor* lower_input(const Node& node);
  ggml_tensor* output_of(Value value);
  Status check_devices() const;
  Operand operand(const Node& user, std::size_t position);

  const Graph& source_;
  const WeightSource& weights_;
  const GgmlTarget target_;
  const std::size_t node_count_max_;
  GgmlContextPtr context_;
  ResidentTensors resident_;
  std::vector<ggml_tensor*> values_;  // one per node of source_
  ggml_cgraph* ggml_graph_ = nullptr;
};

GgmlDims ggml_dims(const Shape& shape);
ggml_tensor* reshape_to(ggml_context* context, ggml_tensor* tensor, const GgmlDims& dims);
// A copy in row-major order, if it is not in that order already.
ggml_tensor* contiguous(ggml_context* context, ggml_tensor* tensor);

// One row per op, by family: lower_layers.cc (convolutions, matrices, norms), lower_attention.cc,
// lower_elements.cc, lower_shapes.cc.
using LowerOp = Result<ggml_tensor*> (*)(GgmlLowering&, const Node&, Operands);
struct LowerRow {
  Op op;
  LowerOp lower;
};
std::span<const LowerRow> layer_lowerings();
std::span<const LowerRow> attention_lowerings();
std::span<const LowerRow> element_lowerings();
std::span<const LowerRow> shape_lowerings();  // these take integers too

}  // namespace diptych
