// Ops with weights, and attention, in the nodes that OpenVINO's own front end for PyTorch makes:
// those are what the CPU plugin knows to fuse.
#include <limits>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/group_conv.hpp>
#include <openvino/op/group_normalization.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/mvn.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/scaled_dot_product_attention.hpp>
#include <openvino/op/sqrt.hpp>
#include <openvino/op/transpose.hpp>

#include "compute/backends/openvino/lowering.h"

namespace diptych::openvino {
namespace {

template <class OvOp, class... Args>
Output make(Args&&... args) {
  return std::make_shared<OvOp>(std::forward<Args>(args)...);
}

using ov::op::v1::Add;
using ov::op::v1::Multiply;

Output conv2d(Lowering& lowering, const Node& node) {
  const auto& o = std::get<Conv2dOptions>(node.options);
  const auto step = static_cast<std::size_t>(o.stride);
  const ov::Strides strides{step, step};
  const ov::CoordinateDiff begin{o.padding.top, o.padding.left};
  const ov::CoordinateDiff end{o.padding.bottom, o.padding.right};
  const ov::Strides dilations{1, 1};
  ov::Shape filter = to_ov(lowering.input_node(node, 1).shape);
  const std::size_t channels = filter[0];
  Output y;
  if (o.groups == 1) {
    y = make<ov::op::v1::Convolution>(lowering.input(node, 0),
                                      lowering.packed_input(node, 1, filter), strides, begin, end,
                                      dilations);
  } else {
    const auto groups = static_cast<std::size_t>(o.groups);
    filter[0] /= groups;
    filter.insert(filter.begin(), groups);
    y = make<ov::op::v1::GroupConvolution>(lowering.input(node, 0),
                                           lowering.packed_input(node, 1, filter), strides, begin,
                                           end, dilations);
  }
  if (node.inputs.size() < 3) return y;
  return make<Add>(y, lowering.input_as(node, 2, {1, channels, 1, 1}));
}

Output linear(Lowering& lowering, const Node& node) {
  const Output weight = lowering.packed_input(node, 1, to_ov(lowering.input_node(node, 1).shape));
  Output y = make<ov::op::v0::MatMul>(lowering.input(node, 0), weight, false, true);
  if (node.inputs.size() < 3) return y;
  return make<Add>(y, lowering.input(node, 2));
}

Output group_norm(Lowering& lowering, const Node& node) {
  const auto& o = std::get<NormOptions>(node.options);
  return make<ov::op::v12::GroupNormalization>(lowering.input(node, 0), lowering.input(node, 1),
                                               lowering.input(node, 2), o.groups, double{o.eps});
}

Output layer_norm(Lowering& lowering, const Node& node) {
  const float eps = std::get<NormOptions>(node.options).eps;
  const Output normal = make<ov::op::v6::MVN>(lowering.input(node, 0), int_list({-1}), true, eps,
                                              ov::op::MVNEpsMode::INSIDE_SQRT);
  return make<Add>(make<Multiply>(normal, lowering.input(node, 1)), lowering.input(node, 2));
}

Output rms_norm(Lowering& lowering, const Node& node) {
  const Output x = lowering.input(node, 0);
  const Output squares = make<ov::op::v1::Power>(x, scalar(2));
  const Output mean = make<ov::op::v1::ReduceMean>(squares, int_list({-1}), true);
  const Output eps = scalar(std::get<NormOptions>(node.options).eps);
  const Output root = make<ov::op::v0::Sqrt>(make<Add>(mean, eps));
  const Output normal = make<Multiply>(x, make<ov::op::v1::Divide>(scalar(1), root));
  return make<Multiply>(normal, lowering.input(node, 1));
}

// Input `index`: [b, t, heads·d] → [b, heads, t, d]
Output split_heads(Lowering& lowering, const Node& node, std::size_t index) {
  const std::int64_t heads = std::get<AttentionOptions>(node.options).heads;
  const Shape& from = lowering.input_node(node, index).shape;
  const Output apart = make<ov::op::v1::Reshape>(
      lowering.input(node, index), int_list({from[0], from[1], heads, from[2] / heads}), false);
  return make<ov::op::v1::Transpose>(apart, int_list({0, 2, 1, 3}));
}

// [1, 1, t, t], added to the scores: what comes later is not seen.
Output causal_mask(std::size_t tokens) {
  std::vector<float> values(tokens * tokens);
  for (std::size_t query = 0; query < tokens; ++query)
    for (std::size_t key = query + 1; key < tokens; ++key)
      values[query * tokens + key] = -std::numeric_limits<float>::infinity();
  return ov::op::v0::Constant::create(ov::element::f32, {1, 1, tokens, tokens}, values);
}

// The node's mask with all four axes written out. OpenVINO's causal attention takes no other mask:
// of a node with both, they are added up.
Output mask_of(Lowering& lowering, const Node& node) {
  ov::Shape shape = to_ov(lowering.input_node(node, 3).shape);
  while (shape.size() < 4) shape.insert(shape.begin(), 1);
  Output mask = lowering.input_as(node, 3, shape);
  if (!std::get<AttentionOptions>(node.options).causal) return mask;
  return make<Add>(mask, causal_mask(static_cast<std::size_t>(node.shape[1])));
}

Output attention(Lowering& lowering, const Node& node) {
  const auto& o = std::get<AttentionOptions>(node.options);
  Outputs inputs;
  for (std::size_t i = 0; i < 3; ++i) inputs.push_back(split_heads(lowering, node, i));
  const bool masked = node.inputs.size() > 3;
  if (masked) inputs.push_back(mask_of(lowering, node));
  if (o.scale != 0) {
    if (!masked) inputs.push_back(scalar(0));  // "no mask", so that the scale is the fifth input
    inputs.push_back(scalar(o.scale));
  }
  const Output seen = make<ov::op::v13::ScaledDotProductAttention>(
      inputs, o.causal && !masked);  // [b, heads, t, d]
  const Output together = make<ov::op::v1::Transpose>(seen, int_list({0, 2, 1, 3}));
  const auto sizes = node.shape.sizes();
  return make<ov::op::v1::Reshape>(together, int_list({sizes.begin(), sizes.end()}), false);
}

constexpr LoweringRow kRows[] = {
    {Op::kConv2d, conv2d},        {Op::kLinear, linear},    {Op::kGroupNorm, group_norm},
    {Op::kLayerNorm, layer_norm}, {Op::kRmsNorm, rms_norm}, {Op::kAttention, attention},
};

}  // namespace

std::span<const LoweringRow> layer_rows() { return kRows; }

}  // namespace diptych::openvino
