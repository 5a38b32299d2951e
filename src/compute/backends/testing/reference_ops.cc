#include "compute/backends/testing/reference_ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diptych {
namespace {

using Inputs = std::span<const Tensor64* const>;
using Index = std::int64_t;

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

// Position of [a, b, c, d] in a tensor of rank 4.
std::size_t at(const Shape& s, Index a, Index b, Index c, Index d) {
  return at(((a * s[1] + b) * s[2] + c) * s[3] + d);
}

// Elements per step of each axis.
Shape strides_of(const Shape& shape) {
  Shape strides = shape;
  Index step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

// The place of output element `i` along each axis.
Shape place_of(Index i, const Shape& shape) {
  Shape place = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    place[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return place;
}

// The element of `x` that numpy's broadcasting puts at `place` of a result of at least its rank.
double broadcast_element(const Tensor64& x, const Shape& place) {
  const Shape strides = strides_of(x.shape);
  const int missing = place.rank() - x.shape.rank();
  Index index = 0;
  for (int axis = 0; axis < x.shape.rank(); ++axis)
    if (x.shape[axis] != 1) index += place[axis + missing] * strides[axis];
  return x[at(index)];
}

template <class F>
Tensor64 each(const Tensor64& x, F f) {
  Tensor64 y(x.shape);
  std::ranges::transform(x.values, y.values.begin(), f);
  return y;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }
double gelu_tanh(double x) {
  return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

Tensor64 conv2d(const Node& node, Inputs in) {
  const auto& o = std::get<Conv2dOptions>(node.options);
  const Tensor64 &x = *in[0], &w = *in[1];
  const Index per_group = node.shape[1] / o.groups;
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Shape p = place_of(static_cast<Index>(i), y.shape);
    double sum = in.size() > 2 ? (*in[2])[at(p[1])] : 0;
    for (Index c = 0; c < w.shape[1]; ++c)
      for (Index ky = 0; ky < w.shape[2]; ++ky)
        for (Index kx = 0; kx < w.shape[3]; ++kx) {
          const Index iy = p[2] * o.stride + ky - o.padding.top;
          const Index ix = p[3] * o.stride + kx - o.padding.left;
          if (iy < 0 || ix < 0 || iy >= x.shape[2] || ix >= x.shape[3]) continue;
          const Index channel = p[1] / per_group * w.shape[1] + c;
          sum += x[at(x.shape, p[0], channel, iy, ix)] * w[at(w.shape, p[1], c, ky, kx)];
        }
    y[i] = sum;
  }
  return y;
}

Tensor64 linear(const Node& node, Inputs in) {
  const Tensor64 &x = *in[0], &w = *in[1];
  const Index from = w.shape[1], to = w.shape[0];
  Tensor64 y(node.shape);
  for (Index row = 0; row < y.shape.element_count() / to; ++row)
    for (Index o = 0; o < to; ++o) {
      double sum = in.size() > 2 ? (*in[2])[at(o)] : 0;
      for (Index i = 0; i < from; ++i) sum += x[at(row * from + i)] * w[at(o * from + i)];
      y[at(row * to + o)] = sum;
    }
  return y;
}

// (x − mean) / √(variance + eps), or x / √(mean square + eps), of one run of elements.
enum class Centre { kMean, kZero };
void normalise(std::span<double> x, double eps, Centre centre) {
  const auto count = static_cast<double>(x.size());
  double mean = 0, square = 0;
  if (centre == Centre::kMean) {
    for (const double value : x) mean += value / count;
  }
  for (const double value : x) square += (value - mean) * (value - mean) / count;
  for (double& value : x) value = (value - mean) / std::sqrt(square + eps);
}

Tensor64 normalised_runs(const Node& node, const Tensor64& x, Index run, Centre centre) {
  Tensor64 y = x;
  const double eps = std::get<NormOptions>(node.options).eps;
  for (Index begin = 0; begin < x.shape.element_count(); begin += run)
    normalise(std::span(y.values).subspan(at(begin), at(run)), eps, centre);
  return y;
}

Tensor64 group_norm(const Node& node, Inputs in) {
  const Tensor64& x = *in[0];
  const Index per_sample = x.shape.element_count() / x.shape[0];
  const Index inner = per_sample / x.shape[1];
  const Index run = per_sample / std::get<NormOptions>(node.options).groups;
  Tensor64 y = normalised_runs(node, x, run, Centre::kMean);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t channel = at(static_cast<Index>(i) / inner % x.shape[1]);
    y[i] = y[i] * (*in[1])[channel] + (*in[2])[channel];
  }
  return y;
}

Tensor64 layer_norm(const Node& node, Inputs in) {
  const std::size_t run = at(in[0]->shape.back());
  Tensor64 y = normalised_runs(node, *in[0], in[0]->shape.back(), Centre::kMean);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = y[i] * (*in[1])[i % run] + (*in[2])[i % run];
  return y;
}

Tensor64 rms_norm(const Node& node, Inputs in) {
  const std::size_t run = at(in[0]->shape.back());
  Tensor64 y = normalised_runs(node, *in[0], in[0]->shape.back(), Centre::kZero);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] *= (*in[1])[i % run];
  return y;
}

void softmax(std::span<double> x) {
  const double highest = std::ranges::max(x);
  double sum = 0;
  for (double& value : x) sum += value = std::exp(value - highest);
  for (double& value : x) value /= sum;
}

// What one query of one head gives to each key.
std::vector<double> attention_scores(const Node& node, Inputs in, Index b, Index head, Index t) {
  const auto& o = std::get<AttentionOptions>(node.options);
  const Tensor64 &q = *in[0], &k = *in[1];
  const Index channels = q.shape[2], d = channels / o.heads, keys = k.shape[1];
  const double scale = o.scale != 0 ? double{o.scale} : 1 / std::sqrt(static_cast<double>(d));
  std::vector<double> scores(at(keys));
  for (Index s = 0; s < keys; ++s) {
    double sum = 0;
    for (Index c = head * d; c < (head + 1) * d; ++c)
      sum += q[at((b * q.shape[1] + t) * channels + c)] * k[at((b * keys + s) * channels + c)];
    scores[at(s)] = sum * scale;
    if (in.size() > 3) scores[at(s)] += broadcast_element(*in[3], Shape{b, head, t, s});
    if (o.causal && s > t) scores[at(s)] = -std::numeric_limits<double>::infinity();
  }
  softmax(scores);
  return scores;
}

Tensor64 attention(const Node& node, Inputs in) {
  const int heads = std::get<AttentionOptions>(node.options).heads;
  const Tensor64& v = *in[2];
  const Index channels = v.shape[2], d = channels / heads, keys = v.shape[1];
  Tensor64 y(node.shape);
  for (Index b = 0; b < y.shape[0]; ++b)
    for (Index t = 0; t < y.shape[1]; ++t)
      for (Index head = 0; head < heads; ++head) {
        const std::vector<double> scores = attention_scores(node, in, b, head, t);
        for (Index c = head * d; c < (head + 1) * d; ++c)
          for (Index s = 0; s < keys; ++s)
            y[at((b * y.shape[1] + t) * channels + c)] +=
                scores[at(s)] * v[at((b * keys + s) * channels + c)];
      }
  return y;
}

Tensor64 silu(const Node&, Inputs in) {
  return each(*in[0], [](double x) { return x * sigmoid(x); });
}
Tensor64 gelu_exact(const Node&, Inputs in) { return each(*in[0], gelu); }
Tensor64 gelu_by_tanh(const Node&, Inputs in) { return each(*in[0], gelu_tanh); }
Tensor64 quick_gelu(const Node&, Inputs in) {
  return each(*in[0], [](double x) { return x * sigmoid(1.702 * x); });
}
Tensor64 relu(const Node&, Inputs in) {
  return each(*in[0], [](double x) { return std::max(x, 0.0); });
}
Tensor64 sigmoid_of(const Node&, Inputs in) { return each(*in[0], sigmoid); }
Tensor64 tanh_of(const Node&, Inputs in) {
  return each(*in[0], [](double x) { return std::tanh(x); });
}

Tensor64 geglu(const Node& node, Inputs in) {
  const std::size_t half = at(node.shape.back());
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t first = i / half * 2 * half + i % half;
    y[i] = (*in[0])[first] * gelu((*in[0])[first + half]);
  }
  return y;
}

template <class F>
Tensor64 broadcast(const Node& node, Inputs in, F f) {
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Shape place = place_of(static_cast<Index>(i), y.shape);
    y[i] = f(broadcast_element(*in[0], place), broadcast_element(*in[1], place));
  }
  return y;
}
Tensor64 add(const Node& node, Inputs in) { return broadcast(node, in, std::plus()); }
Tensor64 sub(const Node& node, Inputs in) { return broadcast(node, in, std::minus()); }
Tensor64 mul(const Node& node, Inputs in) { return broadcast(node, in, std::multiplies()); }

Tensor64 affine(const Node& node, Inputs in) {
  const auto& o = std::get<AffineOptions>(node.options);
  return each(*in[0], [&o](double x) { return x * double{o.scale} + double{o.shift}; });
}
Tensor64 clamp(const Node& node, Inputs in) {
  const auto& o = std::get<ClampOptions>(node.options);
  return each(*in[0], [&o](double x) { return std::clamp(x, double{o.low}, double{o.high}); });
}

Tensor64 softmax_of(const Node&, Inputs in) {
  Tensor64 y = *in[0];
  const std::size_t run = at(y.shape.back());
  for (std::size_t i = 0; i < y.size(); i += run) softmax(std::span(y.values).subspan(i, run));
  return y;
}

Tensor64 concat(const Node& node, Inputs in) {
  const int axis = std::get<ConcatOptions>(node.options).axis;
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    Shape place = place_of(static_cast<Index>(i), y.shape);
    std::size_t part = 0;
    while (place[axis] >= in[part]->shape[axis]) place[axis] -= in[part++]->shape[axis];
    y[i] = broadcast_element(*in[part], place);
  }
  return y;
}

Tensor64 slice(const Node& node, Inputs in) {
  const auto& o = std::get<SliceOptions>(node.options);
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    Shape place = place_of(static_cast<Index>(i), y.shape);
    place[o.axis] += o.begin;
    y[i] = broadcast_element(*in[0], place);
  }
  return y;
}

Tensor64 reshape(const Node& node, Inputs in) { return {node.shape, in[0]->values}; }

Tensor64 permute(const Node& node, Inputs in) {
  const auto& axes = std::get<PermuteOptions>(node.options).axes;
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Shape place = place_of(static_cast<Index>(i), y.shape);
    Shape source = place;
    for (int axis = 0; axis < place.rank(); ++axis) source[axes[at(axis)]] = place[axis];
    y[i] = broadcast_element(*in[0], source);
  }
  return y;
}

Tensor64 upsample(const Node& node, Inputs in) {
  const int factor = std::get<UpsampleOptions>(node.options).factor;
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Shape p = place_of(static_cast<Index>(i), y.shape);
    y[i] = (*in[0])[at(in[0]->shape, p[0], p[1], p[2] / factor, p[3] / factor)];
  }
  return y;
}

Tensor64 embedding(const Node& node, Inputs in) {
  const std::size_t channels = at(node.shape.back());
  Tensor64 y(node.shape);
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = (*in[1])[static_cast<std::size_t>((*in[0])[i / channels]) * channels + i % channels];
  return y;
}

Tensor64 gather_rows(const Node& node, Inputs in) {
  Tensor64 y(node.shape);
  const Index rows = in[0]->shape[1], channels = in[0]->shape[2];
  for (Index b = 0; b < y.shape[0]; ++b)
    for (Index c = 0; c < channels; ++c) {
      const auto row = static_cast<Index>((*in[1])[at(b)]);
      y[at(b * channels + c)] = (*in[0])[at((b * rows + row) * channels + c)];
    }
  return y;
}

Tensor64 timestep_embedding(const Node& node, Inputs in) {
  const auto& o = std::get<TimestepOptions>(node.options);
  const Index half = o.channels / 2;
  Tensor64 y(node.shape);
  for (Index b = 0; b < y.shape[0]; ++b)
    for (Index i = 0; i < half; ++i) {
      const double falling = -std::log(double{o.max_period}) * static_cast<double>(i);
      const double angle =
          (*in[0])[at(b)] * std::exp(falling / (static_cast<double>(half) - double{o.shift}));
      y[at(b * o.channels + (o.cos_first ? i : half + i))] = std::cos(angle);
      y[at(b * o.channels + (o.cos_first ? half + i : i))] = std::sin(angle);
    }
  return y;
}

struct Row {
  Op op;
  ReferenceOp compute;
};
constexpr Row kRows[] = {
    {Op::kConv2d, conv2d},
    {Op::kLinear, linear},
    {Op::kGroupNorm, group_norm},
    {Op::kLayerNorm, layer_norm},
    {Op::kRmsNorm, rms_norm},
    {Op::kAttention, attention},
    {Op::kSilu, silu},
    {Op::kGelu, gelu_exact},
    {Op::kGeluTanh, gelu_by_tanh},
    {Op::kQuickGelu, quick_gelu},
    {Op::kRelu, relu},
    {Op::kSigmoid, sigmoid_of},
    {Op::kTanh, tanh_of},
    {Op::kGeglu, geglu},
    {Op::kAdd, add},
    {Op::kSub, sub},
    {Op::kMul, mul},
    {Op::kAffine, affine},
    {Op::kClamp, clamp},
    {Op::kSoftmax, softmax_of},
    {Op::kConcat, concat},
    {Op::kSlice, slice},
    {Op::kReshape, reshape},
    {Op::kPermute, permute},
    {Op::kUpsampleNearest, upsample},
    {Op::kEmbedding, embedding},
    {Op::kGatherRows, gather_rows},
    {Op::kTimestepEmbedding, timestep_embedding},
};

}  // namespace

ReferenceOp find_reference_op(Op op) {
  const auto row = std::ranges::find(kRows, op, &Row::op);
  return row == std::end(kRows) ? nullptr : row->compute;
}

}  // namespace diptych
