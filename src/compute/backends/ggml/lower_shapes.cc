// Ops that move elements and compute nothing: they take integers too.

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "compute/backends/ggml/lowering.h"

namespace diptych {
namespace {

struct Around {  // the axes inside and outside of one axis, each as one
  std::int64_t inner = 1, outer = 1;
};

Around around(const Shape& shape, int axis) {
  Around sizes;
  for (int i = 0; i < shape.rank(); ++i)
    (i < axis ? sizes.outer : sizes.inner) *= i == axis ? 1 : shape[i];
  return sizes;
}

Result<ggml_tensor*> lower_concat(GgmlLowering& to, const Node& node, Operands in) {
  const int axis = std::get<ConcatOptions>(node.options).axis;
  const Around sizes = around(node.shape, axis);
  ggml_tensor* joined = nullptr;
  for (const Operand& part : in) {
    // ggml's threads share the third axis.
    ggml_tensor* x =
        reshape_to(to.context(), part.tensor, {sizes.inner, 1, part.shape()[axis], sizes.outer});
    joined = joined == nullptr ? x : ggml_concat(to.context(), joined, x, 2);
  }
  return reshape_to(to.context(), joined, ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_slice(GgmlLowering& to, const Node& node, Operands in) {
  const auto& options = std::get<SliceOptions>(node.options);
  const Around sizes = around(node.shape, options.axis);
  ggml_tensor* x = reshape_to(to.context(), in[0].tensor,
                              {sizes.inner, in[0].shape()[options.axis], sizes.outer, 1});
  ggml_tensor* part =
      ggml_view_3d(to.context(), x, sizes.inner, options.end - options.begin, sizes.outer, x->nb[1],
                   x->nb[2], static_cast<std::size_t>(options.begin) * x->nb[1]);
  return reshape_to(to.context(), contiguous(to.context(), part), ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_reshape(GgmlLowering& to, const Node& node, Operands in) {
  return reshape_to(to.context(), in[0].tensor, ggml_dims(node.shape));
}

// A permutation of axes of which neighbours that stay together are one, and axes of size 1 none.
struct Permutation {
  std::vector<std::int64_t> sizes;  // of the input, outermost first
  std::vector<int> axes;            // output axis i is input axis axes[i]
};

Permutation fold_permutation(const Shape& from, const PermuteOptions& options) {
  std::vector<int> order;  // input axes in output order, those of size 1 left out
  for (int i = 0; i < from.rank(); ++i) {
    const int axis = options.axes[static_cast<std::size_t>(i)];
    if (from[axis] != 1) order.push_back(axis);
  }
  const auto follows = [&](int axis, int before) {  // with nothing but size 1 between them
    for (int between = before + 1; between < axis; ++between)
      if (from[between] != 1) return false;
    return axis > before;
  };
  std::vector<int> heads;  // first axis of each run
  std::vector<std::int64_t> run_sizes;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || !follows(order[i], order[i - 1])) {
      heads.push_back(order[i]);
      run_sizes.push_back(1);
    }
    run_sizes.back() *= from[order[i]];
  }
  Permutation folded;
  folded.sizes.resize(heads.size());
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const auto rank = std::ranges::count_if(heads, [&](int other) { return other < heads[i]; });
    folded.axes.push_back(static_cast<int>(rank));
    folded.sizes[static_cast<std::size_t>(rank)] = run_sizes[i];
  }
  return folded;
}

// ggml_permute says where each axis goes, counted from the inside.
ggml_tensor* permute_four(ggml_context* ctx, ggml_tensor* x, const Permutation& p) {
  const auto count = static_cast<int>(p.axes.size());
  GgmlDims dims{1, 1, 1, 1};
  std::array<int, 4> goes{0, 1, 2, 3};
  for (int i = 0; i < count; ++i) {
    const int axis = p.axes[static_cast<std::size_t>(i)];
    goes[static_cast<std::size_t>(count - 1 - axis)] = count - 1 - i;
    dims[static_cast<std::size_t>(count - 1 - axis)] = p.sizes[static_cast<std::size_t>(axis)];
  }
  x = reshape_to(ctx, x, dims);
  return ggml_cont(ctx, ggml_permute(ctx, x, goes[0], goes[1], goes[2], goes[3]));
}

// Five axes: one after the other is moved to its place, each move a permutation of four:
// [in place, passed over, the axis, behind it].
ggml_tensor* permute_five(ggml_context* ctx, ggml_tensor* x, const Permutation& p) {
  const auto count = p.axes.size();
  std::vector<int> current(count);  // which input axis lies where now
  std::iota(current.begin(), current.end(), 0);
  const auto product = [&](std::size_t begin, std::size_t end) {
    std::int64_t size = 1;
    for (std::size_t i = begin; i < end; ++i) size *= p.sizes[static_cast<std::size_t>(current[i])];
    return size;
  };
  for (std::size_t place = 0; place < count; ++place) {
    const auto found = std::ranges::find(current, p.axes[place]);
    const auto at = static_cast<std::size_t>(found - current.begin());
    if (at == place) continue;
    x = permute_four(
        ctx, x,
        {{product(0, place), product(place, at), product(at, at + 1), product(at + 1, count)},
         {0, 2, 1, 3}});
    std::rotate(current.begin() + static_cast<std::ptrdiff_t>(place), found, found + 1);
  }
  return x;
}

Result<ggml_tensor*> lower_permute(GgmlLowering& to, const Node& node, Operands in) {
  const Permutation p = fold_permutation(in[0].shape(), std::get<PermuteOptions>(node.options));
  ggml_tensor* x = in[0].tensor;
  const bool moves = !std::ranges::is_sorted(p.axes);
  if (moves)
    x = p.axes.size() <= 4 ? permute_four(to.context(), x, p) : permute_five(to.context(), x, p);
  return reshape_to(to.context(), x, ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_upsample(GgmlLowering& to, const Node& node, Operands in) {
  const int factor = std::get<UpsampleOptions>(node.options).factor;
  if (factor == 1) return in[0].tensor;
  return ggml_upscale(to.context(), in[0].tensor, factor, GGML_SCALE_MODE_NEAREST);
}

Result<ggml_tensor*> lower_embedding(GgmlLowering& to, const Node& node, Operands in) {
  const GgmlDims ids{in[0].shape().element_count(), 1, 1, 1};
  ggml_tensor* rows =
      ggml_get_rows(to.context(), in[1].tensor, reshape_to(to.context(), in[0].tensor, ids));
  return reshape_to(to.context(), rows, ggml_dims(node.shape));
}

Result<ggml_tensor*> lower_gather_rows(GgmlLowering& to, const Node& node, Operands in) {
  ggml_tensor* index = reshape_to(to.context(), in[1].tensor, {1, node.shape[0], 1, 1});
  return reshape_to(to.context(), ggml_get_rows(to.context(), in[0].tensor, index),
                    ggml_dims(node.shape));
}

constexpr LowerRow kRows[] = {
    {Op::kConcat, lower_concat},
    {Op::kSlice, lower_slice},
    {Op::kReshape, lower_reshape},
    {Op::kPermute, lower_permute},
    {Op::kUpsampleNearest, lower_upsample},
    {Op::kEmbedding, lower_embedding},
    {Op::kGatherRows, lower_gather_rows},
};

}  // namespace

std::span<const LowerRow> shape_lowerings() { return kRows; }

}  // namespace diptych
