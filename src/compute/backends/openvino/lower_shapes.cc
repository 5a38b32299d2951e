// Ops that move elements and compute nothing.
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/transpose.hpp>

#include "compute/backends/openvino/lowering.h"

namespace diptych::openvino {
namespace {

Output axis_scalar(std::int64_t axis) {
  return ov::op::v0::Constant::create(ov::element::i64, {}, {axis});
}

Output concat(Lowering& lowering, const Node& node) {
  Outputs parts;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(lowering.input(node, i));
  return std::make_shared<ov::op::v0::Concat>(parts, std::get<ConcatOptions>(node.options).axis);
}

Output slice(Lowering& lowering, const Node& node) {
  const auto& o = std::get<SliceOptions>(node.options);
  return std::make_shared<ov::op::v8::Slice>(lowering.input(node, 0), int_list({o.begin}),
                                             int_list({o.end}), int_list({1}), int_list({o.axis}));
}

Output reshape(Lowering& lowering, const Node& node) {
  return lowering.input_as(node, 0, to_ov(node.shape));
}

Output permute(Lowering& lowering, const Node& node) {
  const auto& axes = std::get<PermuteOptions>(node.options).axes;
  const std::vector<std::int64_t> order(axes.begin(), axes.begin() + node.shape.rank());
  return std::make_shared<ov::op::v1::Transpose>(lowering.input(node, 0), int_list(order));
}

Output upsample_nearest(Lowering& lowering, const Node& node) {
  using Base = ov::op::util::InterpolateBase;
  const auto factor = static_cast<float>(std::get<UpsampleOptions>(node.options).factor);
  const auto scales = ov::op::v0::Constant::create(ov::element::f32, {2}, {factor, factor});
  const Base::InterpolateAttrs attributes(
      Base::InterpolateMode::NEAREST, Base::ShapeCalcMode::SCALES, {0, 0}, {0, 0},
      Base::CoordinateTransformMode::ASYMMETRIC, Base::NearestMode::FLOOR);
  const Output sizes = int_list({node.shape[2], node.shape[3]});
  return std::make_shared<ov::op::v4::Interpolate>(lowering.input(node, 0), sizes, scales,
                                                   int_list({2, 3}), attributes);
}

Output embedding(Lowering& lowering, const Node& node) {
  return lowering.rows_of_input(node, 1, lowering.input(node, 0));
}

// One row of each batch: a gather with the batch as a common leading axis.
Output gather_rows(Lowering& lowering, const Node& node) {
  const auto batch = static_cast<std::size_t>(node.shape[0]);
  const Output rows = std::make_shared<ov::op::v8::Gather>(
      lowering.input(node, 0), lowering.input_as(node, 1, {batch, 1}), axis_scalar(1), 1);
  const auto sizes = node.shape.sizes();
  return std::make_shared<ov::op::v1::Reshape>(rows, int_list({sizes.begin(), sizes.end()}), false);
}

constexpr LoweringRow kRows[] = {
    {Op::kConcat, concat},
    {Op::kSlice, slice},
    {Op::kReshape, reshape},
    {Op::kPermute, permute},
    {Op::kUpsampleNearest, upsample_nearest},
    {Op::kEmbedding, embedding},
    {Op::kGatherRows, gather_rows},
};

}  // namespace

std::span<const LoweringRow> shape_rows() { return kRows; }

}  // namespace diptych::openvino
