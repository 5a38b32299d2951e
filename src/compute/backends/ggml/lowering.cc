#include "compute/backends/ggml/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "compute/backends/ggml/weight_plan.h"

namespace diptych {
namespace {

// Upper bounds of ggml tensors per node of ours: its context has a fixed size.
std::size_t tensors_of(const Node& node) {
  constexpr std::size_t kUsual = 24, kAttention = 640, kPerGroup = 160;
  if (node.op == Op::kAttention) return kAttention;
  if (const auto* conv = std::get_if<Conv2dOptions>(&node.options))
    return kUsual + kPerGroup * static_cast<std::size_t>(conv->groups);
  return kUsual + 3 * node.inputs.size();
}

std::size_t tensors_of(const Graph& graph) {
  std::size_t count = 2 * graph.outputs().size() + 16;
  for (const Node& node : graph.nodes()) count += tensors_of(node);
  return count;
}

struct FoundRow {
  LowerOp lower = nullptr;
  bool integers = false;
};

FoundRow find_row(Op op) {
  for (const auto rows :
       {layer_lowerings(), attention_lowerings(), element_lowerings(), shape_lowerings()}) {
    const auto row = std::ranges::find(rows, op, &LowerRow::op);
    if (row != rows.end()) return {row->lower, rows.data() == shape_lowerings().data()};
  }
  return {};
}

std::string place_of(const Node& node) {
  return node.name.empty() ? std::string() : " in " + node.name;
}

}  // namespace

GgmlDims ggml_dims(const Shape& shape) {
  GgmlDims dims{1, 1, 1, 1};
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int from_inside = std::min(shape.rank() - 1 - axis, 3);
    dims[static_cast<std::size_t>(from_inside)] *= shape[axis];
  }
  return dims;
}

ggml_tensor* reshape_to(ggml_context* context, ggml_tensor* tensor, const GgmlDims& dims) {
  if (std::ranges::equal(tensor->ne, dims)) return tensor;
  return ggml_reshape_4d(context, tensor, dims[0], dims[1], dims[2], dims[3]);
}

ggml_tensor* contiguous(ggml_context* context, ggml_tensor* tensor) {
  return ggml_is_contiguous(tensor) ? tensor : ggml_cont(context, tensor);
}

GgmlLowering::GgmlLowering(const Graph& graph, const WeightSource& weights,
                           const GgmlTarget& target)
    : source_(graph),
      weights_(weights),
      target_(target),
      node_count_max_(tensors_of(graph)),
      context_(make_ggml_context(node_count_max_ * ggml_tensor_overhead() +
                                 ggml_graph_overhead_custom(node_count_max_, false))),
      resident_(2 * graph.nodes().size() + 16),
      values_(graph.nodes().size()) {}

bool GgmlLowering::device_can(const ggml_tensor* op) const {
  return ggml_backend_dev_supports_op(target_.device, op);
}

Operand GgmlLowering::operand(const Node& user, std::size_t position) {
  const Value value = user.inputs[position];
  return {values_[value.id], &source_.node(value)};
}

ggml_tensor* GgmlLowering::lower_input(const Node& node) {
  const GgmlDims dims = ggml_dims(node.shape);
  const ggml_type type = node.dtype == DType::kI32 ? GGML_TYPE_I32 : GGML_TYPE_F32;
  ggml_tensor* tensor = ggml_new_tensor(context(), type, 4, dims.data());
  ggml_set_input(tensor);
  return tensor;
}

Result<ggml_tensor*> GgmlLowering::lower_node(const Node& node) {
  const FoundRow row = find_row(node.op);
  if (row.lower == nullptr) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("ggml cannot do {}{}", name_of(node.op), place_of(node)));
  }
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    operands.push_back(operand(node, i));
    if (operands.back().tensor->type == GGML_TYPE_I32 && !row.integers) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{} of integers{}", name_of(node.op), place_of(node)));
    }
  }
  auto lowered = row.lower(*this, node, operands);
  if (!lowered) lowered.error().message += place_of(node);
  return lowered;
}

ggml_tensor* GgmlLowering::output_of(Value value) {
  ggml_tensor* tensor = values_[value.id];
  const ggml_tensor* storage = tensor->view_src != nullptr ? tensor->view_src : tensor;
  if (storage->op == GGML_OP_NONE || !ggml_is_contiguous(tensor))
    tensor = ggml_cont(context(), tensor);
  // A reshaped result is a view: what must not be overwritten is what it looks at.
  if (tensor->view_src != nullptr) ggml_set_output(tensor->view_src);
  ggml_set_output(tensor);
  return tensor;
}

Status GgmlLowering::lower() {
  const std::vector<WeightUse> uses = weight_uses(source_);
  const WeightPlanner planner(source_, target_.precision, target_.is_cpu);
  for (std::size_t id = 0; id < values_.size(); ++id) {
    const Node& node = source_.nodes()[id];
    if (node.shape.element_count() == 0) {
      return fail(ErrorCode::kUnsupported, fmt::format("{} of shape {} has no elements",
                                                       name_of(node.op), node.shape.to_string()));
    }
    if (node.op == Op::kInput) {
      inputs.push_back(values_[id] = lower_input(node));
    } else if (node.op == Op::kConstant) {
      values_[id] = resident_.add_constant(ggml_dims(node.shape), node.constant);
    } else if (node.op == Op::kWeight) {
      const auto tensor = weights_.find(node.name);
      if (!tensor) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("the model has no tensor '{}'", node.name), node.name);
      }
      const WeightPlan plan = planner.plan(node, uses[id]);
      values_[id] = resident_.add_weight(*tensor, plan.kept, plan.dims);
      if (plan.computed != plan.kept)
        values_[id] = ggml_cast(context(), values_[id], plan.computed);
    } else {
      TRY(values_[id], lower_node(node));
    }
  }
  ggml_graph_ = ggml_new_graph_custom(context(), node_count_max_, false);
  for (const GraphOutput& output : source_.outputs()) {
    outputs.push_back(output_of(output.value));
    ggml_build_forward_expand(ggml_graph_, outputs.back());
  }
  return check_devices();
}

// What the device cannot do runs on the CPU; what neither can do would abort the process.
Status GgmlLowering::check_devices() const {
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  std::set<std::string> on_cpu;
  for (int i = 0; i < ggml_graph_n_nodes(ggml_graph_); ++i) {
    const ggml_tensor* node = ggml_graph_node(ggml_graph_, i);
    if (device_can(node)) continue;
    if (!ggml_backend_dev_supports_op(cpu, node)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("ggml cannot do {} of type {} with {}", ggml_op_desc(node),
                              ggml_type_name(node->type), ggml_type_name(node->src[0]->type)));
    }
    on_cpu.insert(ggml_op_desc(node));
  }
  if (!on_cpu.empty()) {
    log_info("{} lacks {}: computed on the CPU", ggml_backend_dev_name(target_.device),
             fmt::join(on_cpu, ", "));
  }
  return {};
}

}  // namespace diptych
