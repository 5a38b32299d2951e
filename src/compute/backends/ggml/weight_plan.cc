#include "compute/backends/ggml/weight_plan.h"

#include <algorithm>

#include "compute/backends/ggml/lowering.h"

namespace diptych {
namespace {

// A model whose matrices are larger than this in the type it computes in keeps them as they are
// stored, and converts each where it is used: some time for up to half of the memory.
constexpr std::int64_t kExpandedBytesMax = std::int64_t{1} << 30;

bool takes_matrix(const Node& node, std::size_t position) {
  return (node.op == Op::kLinear || node.op == Op::kConv2d) && position == 1;
}
bool takes_table(const Node& node, std::size_t position) {
  return node.op == Op::kEmbedding && position == 1;
}

ggml_type plain_type(Precision precision) {
  switch (precision) {
    case Precision::kF16:
      return GGML_TYPE_F16;
    case Precision::kBf16:
      return GGML_TYPE_BF16;
    default:
      return GGML_TYPE_F32;
  }
}

// [out, …]: one row per output channel.
GgmlDims matrix_dims(const Shape& shape) {
  return {shape.element_count() / shape[0], shape[0], 1, 1};
}

bool is_float(DType dtype) { return describe(dtype).block_elements == 1; }

}  // namespace

std::vector<WeightUse> weight_uses(const Graph& graph) {
  struct Seen {
    bool matrix = false, table = false, elements = false;
  };
  std::vector<Seen> seen(graph.nodes().size());
  for (const Node& node : graph.nodes()) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      Seen& weight = seen[node.inputs[i].id];
      const bool matrix = takes_matrix(node, i), table = takes_table(node, i);
      weight.matrix |= matrix;
      weight.table |= table;
      weight.elements |= !matrix && !table;
    }
  }
  for (const GraphOutput& output : graph.outputs()) seen[output.value.id].elements = true;
  std::vector<WeightUse> uses;
  for (const Seen& weight : seen) {
    const bool one_use = weight.matrix != weight.table && !weight.elements;
    uses.push_back(!one_use        ? WeightUse::kElements
                   : weight.matrix ? WeightUse::kMatrix
                                   : WeightUse::kTable);
  }
  return uses;
}

WeightPlanner::WeightPlanner(const Graph& graph, Precision precision, bool is_cpu)
    : precision_(precision), is_cpu_(is_cpu) {
  const std::vector<WeightUse> uses = weight_uses(graph);
  std::int64_t elements = 0;
  for (std::size_t id = 0; id < uses.size(); ++id) {
    const Node& node = graph.nodes()[id];
    if (node.op == Op::kWeight && uses[id] == WeightUse::kMatrix)
      elements += node.shape.element_count();
  }
  const auto element_bytes = static_cast<std::int64_t>(ggml_type_size(plain_type(precision)));
  expand_ = !is_cpu || elements * element_bytes <= kExpandedBytesMax;
}

WeightPlan WeightPlanner::plan_matrix(const Node& weight) const {
  WeightPlan plan;
  plan.dims = matrix_dims(weight.shape);
  const auto stored = ggml_type_of(weight.dtype);
  const bool rows_fit_stored = stored && plan.dims[0] % ggml_blck_size(*stored) == 0;
  if (precision_ == Precision::kInt8Weights) {
    // ggml multiplies blocks by activations rounded to 8 bits; rows that do not divide stay f16.
    const bool rows_fit_q8 = plan.dims[0] % ggml_blck_size(GGML_TYPE_Q8_0) == 0;
    plan.kept = rows_fit_q8 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
    if (!is_float(weight.dtype) && rows_fit_stored) plan.kept = *stored;
    plan.computed = plan.kept;
    return plan;
  }
  plan.kept = plan.computed = plain_type(precision_);
  if (expand_ || !rows_fit_stored || *stored == plan.computed) return plan;
  plan.kept = *stored;
  // ggml's CPU turns blocks into f32 only.
  if (!is_float(weight.dtype)) plan.computed = GGML_TYPE_F32;
  // Narrower types of the same size are converted once.
  if (ggml_type_size(plan.kept) == ggml_type_size(plan.computed)) plan.kept = plan.computed;
  return plan;
}

WeightPlan WeightPlanner::plan(const Node& weight, WeightUse use) const {
  if (use == WeightUse::kMatrix) return plan_matrix(weight);
  WeightPlan plan;
  plan.dims = ggml_dims(weight.shape);
  if (use == WeightUse::kElements) return plan;
  const auto stored = ggml_type_of(weight.dtype);
  // Rows of f16 and bf16 are looked up exactly everywhere; of blocks, on the CPU.
  const bool row_type =
      stored && (is_float(weight.dtype) || is_cpu_) && plan.dims[0] % ggml_blck_size(*stored) == 0;
  if (row_type) plan.kept = plan.computed = *stored;
  return plan;
}

}  // namespace diptych
