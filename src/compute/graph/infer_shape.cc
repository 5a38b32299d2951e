#include "compute/graph/infer_shape.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace diptych {
namespace {

using Shapes = std::span<const Shape>;

template <class... Args>
std::unexpected<Error> wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, fmt::format(format, std::forward<Args>(args)...));
}

Result<Shape> conv2d(const Node& node, Shapes in) {
  const auto& o = std::get<Conv2dOptions>(node.options);
  const Shape &x = in[0], &w = in[1];
  if (x.rank() != 4 || w.rank() != 4)
    return wrong("conv2d wants 4 axes, got {} and weight {}", x.to_string(), w.to_string());
  if (o.stride < 1 || o.groups < 1 || w[0] % o.groups != 0 || x[1] != w[1] * o.groups)
    return wrong("conv2d of {} with weight {}, stride {}, groups {}: channels do not fit",
                 x.to_string(), w.to_string(), o.stride, o.groups);
  if (in.size() > 2 && in[2] != Shape{w[0]})
    return wrong("conv2d: bias {} for {} output channels", in[2].to_string(), w[0]);
  const auto& p = o.padding;
  const std::int64_t height = x[2] + p.top + p.bottom - w[2],
                     width = x[3] + p.left + p.right - w[3];
  if (height < 0 || width < 0)
    return wrong("conv2d: {} is smaller than the kernel {}", x.to_string(), w.to_string());
  return Shape{x[0], w[0], height / o.stride + 1, width / o.stride + 1};
}

Result<Shape> linear(const Node&, Shapes in) {
  const Shape &x = in[0], &w = in[1];
  if (w.rank() != 2 || x.rank() < 1 || x.back() != w[1])
    return wrong("linear of {} with weight {}: the last axis must be the weight's second",
                 x.to_string(), w.to_string());
  if (in.size() > 2 && in[2] != Shape{w[0]})
    return wrong("linear: bias {} for {} outputs", in[2].to_string(), w[0]);
  Shape out = x;
  out[x.rank() - 1] = w[0];
  return out;
}

Result<Shape> group_norm(const Node& node, Shapes in) {
  const int groups = std::get<NormOptions>(node.options).groups;
  const Shape& x = in[0];
  if (x.rank() < 2 || groups < 1 || x[1] % groups != 0)
    return wrong("group_norm of {} in {} groups: channels do not divide", x.to_string(), groups);
  for (const Shape& affine : in.subspan(1))
    if (affine != Shape{x[1]})
      return wrong("group_norm of {} with weight {}", x.to_string(), affine.to_string());
  return x;
}

Result<Shape> last_axis_norm(const Node& node, Shapes in) {
  const Shape& x = in[0];
  for (const Shape& affine : in.subspan(1))
    if (x.rank() < 1 || affine != Shape{x.back()})
      return wrong("{} of {} with weight {}", name_of(node.op), x.to_string(), affine.to_string());
  return x;
}

Result<Shape> broadcast(const Node& node, Shapes in) {
  const Shape& a = in[0].rank() >= in[1].rank() ? in[0] : in[1];
  const Shape& b = in[0].rank() >= in[1].rank() ? in[1] : in[0];
  Shape out = a;
  for (int i = 0; i < b.rank(); ++i) {
    const int axis = a.rank() - b.rank() + i;
    if (a[axis] != b[i] && a[axis] != 1 && b[i] != 1)
      return wrong("{} of {} and {}: sizes differ", name_of(node.op), in[0].to_string(),
                   in[1].to_string());
    out[axis] = a[axis] == 1 ? b[i] : a[axis];
  }
  return out;
}

Result<Shape> attention(const Node& node, Shapes in) {
  const auto& o = std::get<AttentionOptions>(node.options);
  const Shape &q = in[0], &k = in[1], &v = in[2];
  const bool ranks = q.rank() == 3 && k.rank() == 3 && v.rank() == 3;
  if (!ranks || q[0] != k[0] || k[0] != v[0] || k[1] != v[1] || q[2] != k[2] || o.heads < 1 ||
      q[2] % o.heads != 0 || v[2] % o.heads != 0 || (o.causal && q[1] != k[1]))
    return wrong("attention of q {}, k {}, v {} with {} heads", q.to_string(), k.to_string(),
                 v.to_string(), o.heads);
  if (in.size() > 3) {
    Node like;
    like.op = Op::kAdd;
    const Shape scores{q[0], o.heads, q[1], k[1]};
    const std::array<Shape, 2> pair = {scores, in[3]};
    TRY(const Shape sum, broadcast(like, pair));
    if (sum != scores)
      return wrong("attention mask {} for scores {}", in[3].to_string(), scores.to_string());
  }
  return Shape{q[0], q[1], v[2]};
}

Result<Shape> same(const Node&, Shapes in) { return in[0]; }

Result<Shape> geglu(const Node&, Shapes in) {
  Shape out = in[0];
  if (out.rank() < 1 || out.back() % 2 != 0)
    return wrong("geglu of {}: the last axis is odd", out.to_string());
  out[out.rank() - 1] /= 2;
  return out;
}

Result<Shape> concat(const Node& node, Shapes in) {
  const int axis = std::get<ConcatOptions>(node.options).axis;
  Shape out = in[0];
  if (axis < 0 || axis >= out.rank())
    return wrong("concat of {} along axis {}", out.to_string(), axis);
  for (const Shape& next : in.subspan(1)) {
    Shape expected = out;
    if (next.rank() == out.rank()) expected[axis] = next[axis];
    if (next != expected)
      return wrong("concat of {} and {} along axis {}", in[0].to_string(), next.to_string(), axis);
    out[axis] += next[axis];
  }
  return out;
}

Result<Shape> slice(const Node& node, Shapes in) {
  const auto& o = std::get<SliceOptions>(node.options);
  Shape out = in[0];
  if (o.axis < 0 || o.axis >= out.rank() || o.begin < 0 || o.begin >= o.end || o.end > out[o.axis])
    return wrong("slice [{}, {}) of axis {} of {}", o.begin, o.end, o.axis, out.to_string());
  out[o.axis] = o.end - o.begin;
  return out;
}

Result<Shape> reshape(const Node& node, Shapes in) {
  const Shape& to = std::get<ReshapeOptions>(node.options).shape;
  if (to.element_count() != in[0].element_count())
    return wrong("reshape of {} to {}", in[0].to_string(), to.to_string());
  return to;
}

Result<Shape> permute(const Node& node, Shapes in) {
  const auto& axes = std::get<PermuteOptions>(node.options).axes;
  const Shape& x = in[0];
  Shape out = x;
  unsigned seen = 0;
  for (int i = 0; i < Shape::kRankMax; ++i) {
    const int axis = axes[static_cast<std::size_t>(i)];
    if (i >= x.rank() ? axis != -1 : axis < 0 || axis >= x.rank())
      return wrong("permute of {}: axes do not fit its {} axes", x.to_string(), x.rank());
    if (i >= x.rank()) continue;
    seen |= 1U << axis;
    out[i] = x[axis];
  }
  if (seen != (1U << x.rank()) - 1)
    return wrong("permute of {}: an axis is named twice", x.to_string());
  return out;
}

Result<Shape> upsample(const Node& node, Shapes in) {
  const int factor = std::get<UpsampleOptions>(node.options).factor;
  const Shape& x = in[0];
  if (x.rank() != 4 || factor < 1) return wrong("upsample of {} by {}", x.to_string(), factor);
  return Shape{x[0], x[1], x[2] * factor, x[3] * factor};
}

Result<Shape> embedding(const Node&, Shapes in) {
  const Shape &ids = in[0], &table = in[1];
  if (table.rank() != 2 || ids.rank() >= Shape::kRankMax)
    return wrong("embedding of ids {} in table {}", ids.to_string(), table.to_string());
  std::vector<std::int64_t> sizes(ids.sizes().begin(), ids.sizes().end());
  sizes.push_back(table[1]);
  return Shape(sizes);
}

Result<Shape> gather_rows(const Node&, Shapes in) {
  const Shape &x = in[0], &index = in[1];
  if (x.rank() != 3 || index != Shape{x[0]})
    return wrong("gather_rows of {} by {}", x.to_string(), index.to_string());
  return Shape{x[0], x[2]};
}

Result<Shape> timestep_embedding(const Node& node, Shapes in) {
  const auto& o = std::get<TimestepOptions>(node.options);
  if (in[0].rank() != 1 || o.channels < 2 || o.channels % 2 != 0)
    return wrong("timestep_embedding of {} in {} channels", in[0].to_string(), o.channels);
  return Shape{in[0][0], o.channels};
}

struct Row {
  Op op;
  std::size_t inputs_min, inputs_max;
  Result<Shape> (*infer)(const Node&, Shapes);
};
constexpr std::size_t kMany = 64;
constexpr Row kRows[] = {
    {Op::kConv2d, 2, 3, conv2d},
    {Op::kLinear, 2, 3, linear},
    {Op::kGroupNorm, 3, 3, group_norm},
    {Op::kLayerNorm, 3, 3, last_axis_norm},
    {Op::kRmsNorm, 2, 2, last_axis_norm},
    {Op::kAttention, 3, 4, attention},
    {Op::kSilu, 1, 1, same},
    {Op::kGelu, 1, 1, same},
    {Op::kGeluTanh, 1, 1, same},
    {Op::kQuickGelu, 1, 1, same},
    {Op::kRelu, 1, 1, same},
    {Op::kSigmoid, 1, 1, same},
    {Op::kTanh, 1, 1, same},
    {Op::kGeglu, 1, 1, geglu},
    {Op::kAdd, 2, 2, broadcast},
    {Op::kSub, 2, 2, broadcast},
    {Op::kMul, 2, 2, broadcast},
    {Op::kAffine, 1, 1, same},
    {Op::kClamp, 1, 1, same},
    {Op::kSoftmax, 1, 1, same},
    {Op::kConcat, 1, kMany, concat},
    {Op::kSlice, 1, 1, slice},
    {Op::kReshape, 1, 1, reshape},
    {Op::kPermute, 1, 1, permute},
    {Op::kUpsampleNearest, 1, 1, upsample},
    {Op::kEmbedding, 2, 2, embedding},
    {Op::kGatherRows, 2, 2, gather_rows},
    {Op::kTimestepEmbedding, 1, 1, timestep_embedding},
};

}  // namespace

Result<Shape> infer_shape(const Node& node, Shapes inputs) {
  const auto row = std::ranges::find(kRows, node.op, &Row::op);
  if (row == std::end(kRows)) return wrong("{} has its own shape", name_of(node.op));
  if (inputs.size() < row->inputs_min || inputs.size() > row->inputs_max)
    return wrong("{} with {} inputs", name_of(node.op), inputs.size());
  return row->infer(node, inputs);
}

}  // namespace diptych
