// Convolutions, matrix products, norms.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "compute/backends/ggml/lowering.h"

namespace diptych {
namespace {

// [in · kh · kw, out], whatever it came as.
ggml_tensor* matrix_of(ggml_context* ctx, const Operand& weight) {
  const std::int64_t rows = weight.shape()[0];
  return reshape_to(ctx, weight.tensor, {weight.shape().element_count() / rows, rows, 1, 1});
}

// The weight is ggml's first factor: it may have any type, and the second is converted to what the
// first one's kernel wants.
ggml_tensor* multiply(GgmlLowering& to, ggml_tensor* weight, ggml_tensor* x) {
  ggml_tensor* y = ggml_mul_mat(to.context(), weight, x);
  if (to.target().precision == Precision::kF32) ggml_prec_set_acc(y, GGML_PREC_F32);
  return y;
}

Result<ggml_tensor*> lower_linear(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const std::int64_t from = in[0].shape().back();
  const std::int64_t rows = in[0].shape().element_count() / from;
  ggml_tensor* x = reshape_to(ctx, in[0].tensor, {from, rows, 1, 1});
  ggml_tensor* y = multiply(to, matrix_of(ctx, in[1]), x);
  if (in.size() > 2) y = ggml_add(ctx, y, in[2].tensor);
  return reshape_to(ctx, y, ggml_dims(node.shape));
}

// ggml makes a column of every patch: more bytes of them than this are made in parts.
constexpr std::int64_t kPatchBytesMax = std::int64_t{64} << 20;
constexpr std::int64_t kRowPartsMax = 16;

struct ConvPlan {
  const Conv2dOptions& options;
  std::int64_t kernel_width, kernel_height, channels;  // of one group
  GgmlDims result;                                     // [width, height, out, batch]
  std::int64_t patches() const { return result[0] * result[1]; }
  std::int64_t patch_elements() const { return kernel_width * kernel_height * channels; }
  bool is_pointwise() const {
    const auto& p = options.padding;
    return kernel_width == 1 && kernel_height == 1 && options.stride == 1 &&
           p.top + p.left + p.bottom + p.right == 0;
  }
};

// ggml pads both sides alike; what is left over is padded beforehand.
ggml_tensor* pad_unevenly(ggml_context* ctx, ggml_tensor* x, const Padding& p) {
  if (p.left == p.right && p.top == p.bottom) return x;
  return ggml_pad_ext(ctx, x, p.left, p.right, p.top, p.bottom, 0, 0, 0, 0);
}

// Something of the kernel's sizes: ggml reads nothing else of it. Blocks cannot have rows of 3.
ggml_tensor* kernel_like(GgmlLowering& to, const ConvPlan& plan, ggml_tensor* weight) {
  const GgmlDims dims{plan.kernel_width, plan.kernel_height, plan.channels, weight->ne[1]};
  if (!ggml_is_quantized(weight->type)) return reshape_to(to.context(), weight, dims);
  const auto elements = static_cast<std::size_t>(plan.patch_elements());
  return to.constant({dims[0], dims[1], dims[2], 1}, std::vector<float>(elements));
}

// Columns of patches, one per place of the result: [in · kh · kw, places · batch].
ggml_tensor* patches_of(GgmlLowering& to, const ConvPlan& plan, ggml_tensor* weight,
                        ggml_tensor* x) {
  ggml_context* ctx = to.context();
  const std::int64_t columns = plan.patches() * x->ne[3];
  if (plan.is_pointwise()) {
    ggml_tensor* places = ggml_cont(ctx, ggml_permute(ctx, x, 1, 2, 0, 3));
    return reshape_to(ctx, places, {plan.channels, columns, 1, 1});
  }
  const auto& p = plan.options.padding;
  const bool even = p.left == p.right && p.top == p.bottom;
  const int stride = plan.options.stride;
  ggml_tensor* kernel = kernel_like(to, plan, weight);
  const ggml_type type = weight->type == GGML_TYPE_F16 ? GGML_TYPE_F16 : GGML_TYPE_F32;
  ggml_tensor* columns_of_x = ggml_im2col(ctx, kernel, x, stride, stride, even ? p.left : 0,
                                          even ? p.top : 0, 1, 1, true, type);
  return reshape_to(ctx, columns_of_x, {plan.patch_elements(), columns, 1, 1});
}

// [out, places, batch] of some rows of the result; x is padded already where there are several.
ggml_tensor* convolve_rows(GgmlLowering& to, const ConvPlan& plan, ggml_tensor* weight,
                           ggml_tensor* x) {
  ggml_tensor* y = multiply(to, weight, patches_of(to, plan, weight, x));
  return reshape_to(to.context(), y, {weight->ne[1], 1, y->ne[1] / x->ne[3], x->ne[3]});
}

// Joins neighbours until one is left: each element is copied a few times, not once per part.
ggml_tensor* join(ggml_context* ctx, std::vector<ggml_tensor*> parts, int axis) {
  while (parts.size() > 1) {
    std::vector<ggml_tensor*> joined;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
      joined.push_back(ggml_concat(ctx, parts[i], parts[i + 1], axis));
    if (parts.size() % 2 != 0) joined.push_back(parts.back());
    parts = std::move(joined);
  }
  return parts.front();
}

// One group: [out, 1, places, batch]. Many patches are made for some rows at a time.
ggml_tensor* convolve_group(GgmlLowering& to, const ConvPlan& plan, ggml_tensor* weight,
                            ggml_tensor* x) {
  const std::int64_t height = plan.result[1];
  const std::int64_t row_bytes = 4 * plan.patch_elements() * plan.result[0] * x->ne[3];
  const std::int64_t rows = std::max(
      {std::int64_t{1}, kPatchBytesMax / row_bytes, (height + kRowPartsMax - 1) / kRowPartsMax});
  if (plan.is_pointwise() || rows >= height) return convolve_rows(to, plan, weight, x);
  const auto& p = plan.options.padding;
  ggml_context* ctx = to.context();
  if (p.left == p.right && p.top == p.bottom && p.left + p.top > 0)
    x = ggml_pad_ext(ctx, ggml_cont(ctx, x), p.left, p.right, p.top, p.bottom, 0, 0, 0, 0);
  Conv2dOptions bare = plan.options;
  bare.padding = {};
  std::vector<ggml_tensor*> parts;
  for (std::int64_t begin = 0; begin < height; begin += rows) {
    const std::int64_t count = std::min(rows, height - begin);
    const std::int64_t from_height = (count - 1) * bare.stride + plan.kernel_height;
    ggml_tensor* from =
        ggml_view_4d(ctx, x, x->ne[0], from_height, x->ne[2], x->ne[3], x->nb[1], x->nb[2],
                     x->nb[3], static_cast<std::size_t>(begin * bare.stride) * x->nb[1]);
    const ConvPlan part{bare,
                        plan.kernel_width,
                        plan.kernel_height,
                        plan.channels,
                        {plan.result[0], count, plan.result[2], plan.result[3]}};
    parts.push_back(convolve_rows(to, part, weight, from));
  }
  return join(ctx, std::move(parts), 2);
}

ggml_tensor* convolve_groups(GgmlLowering& to, const ConvPlan& plan, ggml_tensor* weight,
                             ggml_tensor* x) {
  const int groups = plan.options.groups;
  if (groups == 1) return convolve_group(to, plan, weight, x);
  ggml_context* ctx = to.context();
  const std::int64_t rows = weight->ne[1] / groups;
  ggml_tensor* joined = nullptr;
  for (int group = 0; group < groups; ++group) {
    const auto g = static_cast<std::size_t>(group);
    ggml_tensor* part =
        ggml_view_4d(ctx, x, x->ne[0], x->ne[1], plan.channels, x->ne[3], x->nb[1], x->nb[2],
                     x->nb[3], g * static_cast<std::size_t>(plan.channels) * x->nb[2]);
    ggml_tensor* rows_of_group = ggml_view_2d(ctx, weight, weight->ne[0], rows, weight->nb[1],
                                              g * static_cast<std::size_t>(rows) * weight->nb[1]);
    ggml_tensor* y = convolve_group(to, plan, rows_of_group, part);
    joined = joined == nullptr ? y : ggml_concat(ctx, joined, y, 0);
  }
  return joined;
}

Status check_conv(const ConvPlan& plan, const Operand& x) {
  const std::int64_t sample_bytes = x.shape().element_count() / x.shape()[0] * 4;
  if (x.shape()[0] > 1 && sample_bytes > std::numeric_limits<int>::max()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("ggml's conv2d takes samples of up to 2 GiB, this is {}: use tiles",
                            x.shape().to_string()));
  }
  if (plan.result[0] < 1 || plan.result[1] < 1)
    return fail(ErrorCode::kUnsupported, "conv2d with an empty result");
  return {};
}

Result<ggml_tensor*> lower_conv2d(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const auto& options = std::get<Conv2dOptions>(node.options);
  const Shape& w = in[1].shape();
  const ConvPlan plan{options, w[3], w[2], w[1], ggml_dims(node.shape)};
  TRY_STATUS(check_conv(plan, in[0]));
  ggml_tensor* x = pad_unevenly(ctx, in[0].tensor, options.padding);
  ggml_tensor* y = convolve_groups(to, plan, matrix_of(ctx, in[1]), x);
  if (in.size() > 2) y = ggml_add(ctx, y, in[2].tensor);
  y = reshape_to(ctx, y, {node.shape[1], plan.patches(), node.shape[0], 1});
  y = ggml_cont(ctx, ggml_permute(ctx, y, 1, 0, 2, 3));
  return reshape_to(ctx, y, plan.result);
}

Result<ggml_tensor*> lower_group_norm(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const auto& options = std::get<NormOptions>(node.options);
  const std::int64_t batch = node.shape[0], channels = node.shape[1];
  const std::int64_t inner = node.shape.element_count() / (batch * channels);
  ggml_tensor* x = reshape_to(ctx, in[0].tensor, {inner, 1, channels, batch});
  x = ggml_group_norm(ctx, x, options.groups, options.eps);
  const GgmlDims per_channel{1, 1, channels, 1};
  x = ggml_mul(ctx, x, reshape_to(ctx, in[1].tensor, per_channel));
  x = ggml_add(ctx, x, reshape_to(ctx, in[2].tensor, per_channel));
  return reshape_to(ctx, x, ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_layer_norm(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  ggml_tensor* x = ggml_norm(ctx, in[0].tensor, std::get<NormOptions>(node.options).eps);
  return ggml_add(ctx, ggml_mul(ctx, x, in[1].tensor), in[2].tensor);
}

Result<ggml_tensor*> lower_rms_norm(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  ggml_tensor* x = ggml_rms_norm(ctx, in[0].tensor, std::get<NormOptions>(node.options).eps);
  return ggml_mul(ctx, x, in[1].tensor);
}

constexpr LowerRow kRows[] = {
    {Op::kConv2d, lower_conv2d},        {Op::kLinear, lower_linear},
    {Op::kGroupNorm, lower_group_norm}, {Op::kLayerNorm, lower_layer_norm},
    {Op::kRmsNorm, lower_rms_norm},
};

}  // namespace

std::span<const LowerRow> layer_lowerings() { return kRows; }

}  // namespace diptych
