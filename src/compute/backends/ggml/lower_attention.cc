#include <algorithm>
#include <cmath>

#include "compute/backends/ggml/lowering.h"

namespace diptych {
namespace {

// Scores of more bytes than this are computed for some queries at a time.
constexpr std::int64_t kScoreBytesMax = std::int64_t{256} << 20;
// More slices than this would not fit the lowering's bound of tensors per node.
constexpr std::int64_t kSlicesMax = 48;
// Below this many queries ggml's flash attention works row by row, and is slow.
constexpr std::int64_t kFlashQueriesMin = 64;
// ggml's CPU kernel wants heads of whole vectors; others take a path 18 times slower.
constexpr std::int64_t kFlashHeadMultiple = 16;

struct Sizes {
  std::int64_t head, value_head, heads, queries, keys, batch;
  float scale;
};

Sizes sizes_of(const Node& node, Operands in) {
  const auto& options = std::get<AttentionOptions>(node.options);
  const Shape &q = in[0].shape(), &k = in[1].shape(), &v = in[2].shape();
  Sizes s{q[2] / options.heads, v[2] / options.heads, options.heads, q[1], k[1], q[0], 0};
  s.scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<float>(s.head));
  return s;
}

// [channels, tokens, batch] → [head, heads, tokens, batch]
ggml_tensor* split_heads(ggml_context* ctx, const Operand& x, std::int64_t heads) {
  const Shape& shape = x.shape();
  return reshape_to(ctx, x.tensor, {shape[2] / heads, heads, shape[1], shape[0]});
}

ggml_tensor* pad_heads(ggml_context* ctx, ggml_tensor* x) {
  const std::int64_t missing =
      (kFlashHeadMultiple - x->ne[0] % kFlashHeadMultiple) % kFlashHeadMultiple;
  return missing == 0 ? x : ggml_pad(ctx, x, static_cast<int>(missing), 0, 0, 0);
}

// Keys and values of ggml's flash attention in the type it is exact or fast in.
ggml_tensor* flash_operand(GgmlLowering& to, const Operand& x, std::int64_t heads) {
  ggml_context* ctx = to.context();
  ggml_tensor* split = pad_heads(ctx, split_heads(ctx, x, heads));
  if (!to.target().is_cpu) split = ggml_cast(ctx, split, GGML_TYPE_F16);
  return ggml_permute(ctx, split, 0, 2, 1, 3);
}

// Null: not for this shape or device.
ggml_tensor* flash(GgmlLowering& to, const Node& node, Operands in) {
  const Sizes s = sizes_of(node, in);
  const bool masked = std::get<AttentionOptions>(node.options).causal || in.size() > 3;
  // Devices compute it in f16.
  const bool exact_enough = to.target().is_cpu || to.target().precision != Precision::kF32;
  if (masked || !exact_enough || s.queries < kFlashQueriesMin) return nullptr;
  ggml_context* ctx = to.context();
  ggml_tensor* q = pad_heads(ctx, split_heads(ctx, in[0], s.heads));
  ggml_tensor* y =
      ggml_flash_attn_ext(ctx, ggml_permute(ctx, q, 0, 2, 1, 3), flash_operand(to, in[1], s.heads),
                          flash_operand(to, in[2], s.heads), nullptr, s.scale, 0, 0);
  ggml_prec_set_acc(y, GGML_PREC_F32);
  if (!to.device_can(y)) return nullptr;
  if (y->ne[0] == s.value_head) return y;
  return ggml_cont(ctx, ggml_view_4d(ctx, y, s.value_head, y->ne[1], y->ne[2], y->ne[3], y->nb[1],
                                     y->nb[2], y->nb[3], 0));
}

struct QueryRange {
  std::int64_t begin, count;
};

// The rows of the mask for these queries, as it may be added to scores [keys, queries, heads,
// batch].
ggml_tensor* mask_rows(ggml_context* ctx, const Operand& mask, QueryRange range) {
  ggml_tensor* t = reshape_to(ctx, mask.tensor, ggml_dims(mask.shape()));
  if (t->ne[1] == 1) return t;
  return ggml_view_4d(ctx, t, t->ne[0], range.count, t->ne[2], t->ne[3], t->nb[1], t->nb[2],
                      t->nb[3], static_cast<std::size_t>(range.begin) * t->nb[1]);
}

struct HeadsFirst {
  ggml_tensor *q, *k, *v;  // [head, queries | keys, heads, batch]; v [keys, head, heads, batch]
};

HeadsFirst heads_first(ggml_context* ctx, Operands in, std::int64_t heads) {
  const auto order = [&](const Operand& x, int head_at, int token_at) {
    return ggml_cont(ctx, ggml_permute(ctx, split_heads(ctx, x, heads), head_at, 2, token_at, 3));
  };
  return {order(in[0], 0, 1), order(in[1], 0, 1), order(in[2], 1, 0)};
}

// [channels, queries, batch] of some queries.
ggml_tensor* attend(ggml_context* ctx, const Node& node, Operands in, const HeadsFirst& x,
                    QueryRange range) {
  const Sizes s = sizes_of(node, in);
  ggml_tensor* q =
      ggml_view_4d(ctx, x.q, s.head, range.count, s.heads, s.batch, x.q->nb[1], x.q->nb[2],
                   x.q->nb[3], static_cast<std::size_t>(range.begin) * x.q->nb[1]);
  ggml_tensor* scores = ggml_mul_mat(ctx, x.k, q);
  ggml_prec_set_acc(scores, GGML_PREC_F32);
  float scale = s.scale;
  if (in.size() > 3) {
    scores = ggml_add(ctx, ggml_scale(ctx, scores, scale), mask_rows(ctx, in[3], range));
    scale = 1;
  }
  if (std::get<AttentionOptions>(node.options).causal)
    scores = ggml_diag_mask_inf(ctx, scores, static_cast<int>(range.begin));
  ggml_tensor* weights = ggml_soft_max_ext(ctx, scores, nullptr, scale, 0);
  ggml_tensor* y = ggml_mul_mat(ctx, x.v, weights);
  ggml_prec_set_acc(y, GGML_PREC_F32);
  y = ggml_cont(ctx, ggml_permute(ctx, y, 0, 2, 1, 3));
  return reshape_to(ctx, y, {s.value_head * s.heads, range.count, s.batch, 1});
}

ggml_tensor* attend_in_slices(GgmlLowering& to, const Node& node, Operands in) {
  ggml_context* ctx = to.context();
  const Sizes s = sizes_of(node, in);
  const std::int64_t bytes_per_query = 4 * s.keys * s.heads * s.batch;
  const std::int64_t slice = std::max({std::int64_t{1}, kScoreBytesMax / bytes_per_query,
                                       (s.queries + kSlicesMax - 1) / kSlicesMax});
  const HeadsFirst x = heads_first(ctx, in, s.heads);
  ggml_tensor* joined = nullptr;
  for (std::int64_t begin = 0; begin < s.queries; begin += slice) {
    ggml_tensor* y = attend(ctx, node, in, x, {begin, std::min(slice, s.queries - begin)});
    joined = joined == nullptr ? y : ggml_concat(ctx, joined, y, 1);
  }
  return joined;
}

Result<ggml_tensor*> lower_attention(GgmlLowering& to, const Node& node, Operands in) {
  ggml_tensor* y = flash(to, node, in);
  if (y == nullptr) y = attend_in_slices(to, node, in);
  return reshape_to(to.context(), y, ggml_dims(node.shape));
}

constexpr LowerRow kRows[] = {{Op::kAttention, lower_attention}};

}  // namespace

std::span<const LowerRow> attention_lowerings() { return kRows; }

}  // namespace diptych
