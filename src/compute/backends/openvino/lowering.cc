#include "compute/backends/openvino/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/result.hpp>

namespace diptych::openvino {
namespace {

using ov::op::v0::Constant;

Status check_weight(const Node& node, const WeightSource& source) {
  const auto tensor = source.find(node.name);
  if (!tensor)
    return fail(ErrorCode::kInvalidArgument, fmt::format("weight '{}' is missing", node.name));
  if (source.info(*tensor).shape != node.shape)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("weight '{}' has shape {}, the graph wants {}", node.name,
                            source.info(*tensor).shape.to_string(), node.shape.to_string()));
  return {};
}

const LoweringRow* find_row(Op op) {
  for (const auto rows : {layer_rows(), element_rows(), shape_rows()})
    if (const auto row = std::ranges::find(rows, op, &LoweringRow::op); row != rows.end())
      return &*row;
  return nullptr;
}

std::shared_ptr<ov::op::v0::Parameter> parameter(const Node& node) {
  const auto type = node.dtype == DType::kI32 ? ov::element::i32 : ov::element::f32;
  auto made = std::make_shared<ov::op::v0::Parameter>(type, to_ov(node.shape));
  made->set_friendly_name(node.name);
  return made;
}

}  // namespace

ov::Shape to_ov(const Shape& shape) {
  ov::Shape sizes;
  for (const std::int64_t size : shape.sizes()) sizes.push_back(static_cast<std::size_t>(size));
  return sizes;
}

Output scalar(float value) { return Constant::create(ov::element::f32, {}, {value}); }

Output int_list(std::vector<std::int64_t> values) {
  const ov::Shape shape{values.size()};
  return std::make_shared<Constant>(ov::element::i64, shape, values);
}

Output Lowering::input(const Node& node, std::size_t index) { return get(node.inputs[index]); }

Output Lowering::input_as(const Node& node, std::size_t index, const ov::Shape& shape) {
  return get_as(node.inputs[index], shape);
}

Output Lowering::get_as(Value value, const ov::Shape& shape) {
  const Node& from = graph_.node(value);
  if (from.op == Op::kWeight) return weights_.copied(*weights_.source().find(from.name), shape);
  const Output made = values_[value.id];
  if (made.get_shape() == shape) return made;
  const std::vector<std::int64_t> sizes(shape.begin(), shape.end());
  return std::make_shared<ov::op::v1::Reshape>(made, int_list(sizes), false);
}

Output Lowering::packed_input(const Node& node, std::size_t index, const ov::Shape& shape) {
  const Node& from = input_node(node, index);
  if (from.op != Op::kWeight) return input_as(node, index, shape);
  return weights_.packed(*weights_.source().find(from.name), shape);
}

Output Lowering::rows_of_input(const Node& node, std::size_t index, const Output& indices) {
  const Node& from = input_node(node, index);
  if (from.op == Op::kWeight) return weights_.rows(*weights_.source().find(from.name), indices);
  const auto first_axis = Constant::create(ov::element::i64, {}, {0});
  return std::make_shared<ov::op::v8::Gather>(input(node, index), indices, first_axis);
}

Result<std::shared_ptr<ov::Model>> lower(const Graph& graph, WeightConstants& weights) {
  Lowering lowering(graph, weights);
  ov::ParameterVector parameters;
  for (std::uint32_t id = 0; id < graph.nodes().size(); ++id) {
    const Node& node = graph.nodes()[id];
    if (node.op == Op::kInput) {
      parameters.push_back(parameter(node));
      lowering.set({id}, parameters.back());
    } else if (node.op == Op::kWeight) {
      TRY_STATUS(check_weight(node, weights.source()));
    } else if (node.op == Op::kConstant) {
      lowering.set({id}, Constant::create(ov::element::f32, to_ov(node.shape), node.constant));
    } else if (const LoweringRow* row = find_row(node.op)) {
      lowering.set({id}, row->lower(lowering, node));
    } else {
      return fail(ErrorCode::kUnsupported, fmt::format("openvino has no {}", name_of(node.op)));
    }
  }
  ov::ResultVector results;
  for (const GraphOutput& output : graph.outputs())
    results.push_back(std::make_shared<ov::op::v0::Result>(lowering.get(output.value)));
  return std::make_shared<ov::Model>(results, parameters);
}

}  // namespace diptych::openvino
