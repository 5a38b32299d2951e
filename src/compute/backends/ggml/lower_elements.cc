// Activations, arithmetic, softmax, timestep embeddings.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compute/backends/ggml/lowering.h"

namespace diptych {
namespace {

using UnaryOp = ggml_tensor* (*)(ggml_context*, ggml_tensor*);
template <UnaryOp op>
Result<ggml_tensor*> lower_unary(GgmlLowering& to, const Node&, Operands in) {
  return op(to.context(), in[0].tensor);
}

// ggml's own quick and tanh GELU read tables of f16.
ggml_tensor* quick_gelu(ggml_context* ctx, ggml_tensor* x) {
  return ggml_mul(ctx, ggml_sigmoid(ctx, ggml_scale(ctx, x, 1.702F)), x);
}

// x · (1 + tanh(x · (c + 0.044715 c x²))) / 2 with c = √(2/π)
ggml_tensor* gelu_tanh(ggml_context* ctx, ggml_tensor* x) {
  const float c = std::sqrt(2 / std::numbers::pi_v<float>);
  ggml_tensor* slope = ggml_scale_bias(ctx, ggml_sqr(ctx, x), 0.044715F * c, c);
  ggml_tensor* t = ggml_tanh(ctx, ggml_mul(ctx, slope, x));
  return ggml_mul(ctx, ggml_scale_bias(ctx, t, 0.5F, 0.5F), x);
}

Result<ggml_tensor*> lower_affine(GgmlLowering& to, const Node& node, Operands in) {
  const auto& options = std::get<AffineOptions>(node.options);
  return ggml_scale_bias(to.context(), in[0].tensor, options.scale, options.shift);
}

Result<ggml_tensor*> lower_clamp(GgmlLowering& to, const Node& node, Operands in) {
  const auto& options = std::get<ClampOptions>(node.options);
  return ggml_clamp(to.context(), in[0].tensor, options.low, options.high);
}

// Both sides of a broadcast with as few axes as they need: neighbours that are broadcast alike
// are one axis.
struct Broadcast {
  std::vector<std::int64_t> result, a, b;  // innermost first
};

Broadcast fold_broadcast(const Node& node, Operands in) {
  const auto size_of = [&](const Shape& shape, int axis) {  // axis counts from the inside
    return axis < shape.rank() ? shape[shape.rank() - 1 - axis] : std::int64_t{1};
  };
  Broadcast folded;
  for (int axis = 0; axis < node.shape.rank(); ++axis) {
    const std::int64_t size = size_of(node.shape, axis);
    if (size == 1) continue;
    const std::int64_t a = size_of(in[0].shape(), axis), b = size_of(in[1].shape(), axis);
    const bool joins = !folded.result.empty() && (folded.a.back() != 1) == (a != 1) &&
                       (folded.b.back() != 1) == (b != 1);
    if (!joins) {
      folded.result.push_back(1), folded.a.push_back(1), folded.b.push_back(1);
    }
    folded.result.back() *= size, folded.a.back() *= a, folded.b.back() *= b;
  }
  return folded;
}

GgmlDims four(const std::vector<std::int64_t>& sizes) {
  GgmlDims dims{1, 1, 1, 1};
  std::ranges::copy(sizes, dims.begin());
  return dims;
}

using BinaryOp = ggml_tensor* (*)(ggml_context*, ggml_tensor*, ggml_tensor*);
enum class Order { kAny, kFixed };  // do the sides commute?

template <BinaryOp op, Order order>
Result<ggml_tensor*> lower_binary(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const Broadcast folded = fold_broadcast(node, in);
  if (folded.result.size() > 4) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("ggml has 4 axes: it cannot broadcast {} with {}",
                            in[0].shape().to_string(), in[1].shape().to_string()));
  }
  ggml_tensor* a = reshape_to(ctx, in[0].tensor, four(folded.a));
  ggml_tensor* b = reshape_to(ctx, in[1].tensor, four(folded.b));
  const GgmlDims result = four(folded.result);
  // ggml repeats its second side only.
  if (order == Order::kAny && folded.a != folded.result) std::swap(a, b);
  if (!std::ranges::equal(a->ne, result))
    a = ggml_repeat_4d(ctx, a, result[0], result[1], result[2], result[3]);
  return reshape_to(ctx, op(ctx, a, b), ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_timestep_embedding(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const auto& options = std::get<TimestepOptions>(node.options);
  const int half = options.channels / 2;
  std::vector<float> frequencies;
  for (int i = 0; i < half; ++i) {
    const double falling = -std::log(double{options.max_period}) * i;
    frequencies.push_back(static_cast<float>(std::exp(falling / (half - double{options.shift}))));
  }
  const std::int64_t batch = node.shape[0];
  ggml_tensor* row = to.constant({half, 1, 1, 1}, std::move(frequencies));
  ggml_tensor* angles = ggml_mul(ctx, ggml_repeat_4d(ctx, row, half, batch, 1, 1),
                                 reshape_to(ctx, in[0].tensor, {1, batch, 1, 1}));
  ggml_tensor *sines = ggml_sin(ctx, angles), *cosines = ggml_cos(ctx, angles);
  if (options.cos_first) std::swap(sines, cosines);
  return ggml_concat(ctx, sines, cosines, 0);
}

constexpr LowerRow kRows[] = {
    {Op::kSilu, lower_unary<ggml_silu>},
    {Op::kGelu, lower_unary<ggml_gelu_erf>},
    {Op::kGeluTanh, lower_unary<gelu_tanh>},
    {Op::kQuickGelu, lower_unary<quick_gelu>},
    {Op::kRelu, lower_unary<ggml_relu>},
    {Op::kSigmoid, lower_unary<ggml_sigmoid>},
    {Op::kTanh, lower_unary<ggml_tanh>},
    {Op::kGeglu, lower_unary<ggml_geglu_erf_swapped>},
    {Op::kAdd, lower_binary<ggml_add, Order::kAny>},
    {Op::kSub, lower_binary<ggml_sub, Order::kFixed>},
    {Op::kMul, lower_binary<ggml_mul, Order::kAny>},
    {Op::kAffine, lower_affine},
    {Op::kClamp, lower_clamp},
    {Op::kSoftmax, lower_unary<ggml_soft_max>},
    {Op::kTimestepEmbedding, lower_timestep_embedding},
};

}  // namespace

std::span<const LowerRow> element_lowerings() { return kRows; }

}  // namespace diptych
