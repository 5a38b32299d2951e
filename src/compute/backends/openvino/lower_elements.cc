// Ops that compute element by element, and softmax.
#include <cmath>
#include <openvino/op/add.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/cos.hpp>
#include <openvino/op/gelu.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/relu.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/sigmoid.hpp>
#include <openvino/op/sin.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/split.hpp>
#include <openvino/op/subtract.hpp>
#include <openvino/op/swish.hpp>
#include <openvino/op/tanh.hpp>

#include "compute/backends/openvino/lowering.h"
#include "compute/backends/openvino/node_marks.h"

namespace diptych::openvino {
namespace {

template <class OvOp>
Output unary(Lowering& lowering, const Node& node) {
  return std::make_shared<OvOp>(lowering.input(node, 0));
}

template <class OvOp>
Output binary(Lowering& lowering, const Node& node) {
  return std::make_shared<OvOp>(lowering.input(node, 0), lowering.input(node, 1));
}

Output quick_gelu(Lowering& lowering, const Node& node) {
  return std::make_shared<ov::op::v4::Swish>(lowering.input(node, 0), scalar(1.702F));
}

template <ov::op::GeluApproximationMode mode>
Output gelu(Lowering& lowering, const Node& node) {
  return std::make_shared<ov::op::v7::Gelu>(lowering.input(node, 0), mode);
}

Output geglu(Lowering& lowering, const Node& node) {
  const auto axis = ov::op::v0::Constant::create(ov::element::i64, {}, {-1});
  const auto halves = std::make_shared<ov::op::v1::Split>(lowering.input(node, 0), axis, 2);
  const auto gate = std::make_shared<ov::op::v7::Gelu>(halves->output(1));
  return std::make_shared<ov::op::v1::Multiply>(halves->output(0), gate);
}

Output affine(Lowering& lowering, const Node& node) {
  const auto& o = std::get<AffineOptions>(node.options);
  Output y = lowering.input(node, 0);
  if (o.scale != 1) y = std::make_shared<ov::op::v1::Multiply>(y, scalar(o.scale));
  if (o.shift != 0) y = std::make_shared<ov::op::v1::Add>(y, scalar(o.shift));
  return y;
}

Output clamp(Lowering& lowering, const Node& node) {
  const auto& o = std::get<ClampOptions>(node.options);
  return std::make_shared<ov::op::v0::Clamp>(lowering.input(node, 0), double{o.low},
                                             double{o.high});
}

Output softmax(Lowering& lowering, const Node& node) {
  return std::make_shared<ov::op::v8::Softmax>(lowering.input(node, 0), -1);
}

Output timestep_embedding(Lowering& lowering, const Node& node) {
  const auto& o = std::get<TimestepOptions>(node.options);
  const int half = o.channels / 2;
  std::vector<float> frequencies(static_cast<std::size_t>(half));
  for (int i = 0; i < half; ++i) {
    const double exponent = -std::log(double{o.max_period}) * i / (half - double{o.shift});
    frequencies[static_cast<std::size_t>(i)] = static_cast<float>(std::exp(exponent));
  }
  const auto row = ov::op::v0::Constant::create(ov::element::f32,
                                                {1, static_cast<std::size_t>(half)}, frequencies);
  const auto column = std::make_shared<ov::op::v1::Reshape>(lowering.input(node, 0),
                                                            int_list({node.shape[0], 1}), false);
  const auto angle = std::make_shared<ov::op::v1::Multiply>(column, row);
  const auto sine = std::make_shared<ov::op::v0::Sin>(angle);
  const auto cosine = std::make_shared<ov::op::v0::Cos>(angle);
  // Angles go up to 1000: in bf16 their sines would be noise.
  for (const std::shared_ptr<ov::Node>& exact : ov::NodeVector{column, angle, sine, cosine})
    ov::disable_conversion(exact, ov::element::f16);
  const Outputs parts = o.cos_first ? Outputs{cosine, sine} : Outputs{sine, cosine};
  return std::make_shared<ov::op::v0::Concat>(parts, 1);
}

using Approximation = ov::op::GeluApproximationMode;
constexpr LoweringRow kRows[] = {
    {Op::kSilu, unary<ov::op::v4::Swish>},
    {Op::kGelu, gelu<Approximation::ERF>},
    {Op::kGeluTanh, gelu<Approximation::TANH>},
    {Op::kQuickGelu, quick_gelu},
    {Op::kRelu, unary<ov::op::v0::Relu>},
    {Op::kSigmoid, unary<ov::op::v0::Sigmoid>},
    {Op::kTanh, unary<ov::op::v0::Tanh>},
    {Op::kGeglu, geglu},
    {Op::kAdd, binary<ov::op::v1::Add>},
    {Op::kSub, binary<ov::op::v1::Subtract>},
    {Op::kMul, binary<ov::op::v1::Multiply>},
    {Op::kAffine, affine},
    {Op::kClamp, clamp},
    {Op::kSoftmax, softmax},
    {Op::kTimestepEmbedding, timestep_embedding},
};

}  // namespace

std::span<const LoweringRow> element_rows() { return kRows; }

}  // namespace diptych::openvino
