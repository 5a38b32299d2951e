// Normalisations. A group norm takes the silu that follows it along.

#include "compute/backends/onednn/kernels/norms.h"
#include "compute/backends/onednn/lowering.h"

namespace diptych::onednn {
namespace {

Order channels_last(int rank) {
  Order order = kRowMajor;
  for (int i = 1; i + 1 < rank; ++i)
    order[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i + 1);
  if (rank > 1) order[static_cast<std::size_t>(rank - 1)] = 1;
  return order;
}

struct NormWeights {
  Stored weight, bias;
};
Result<NormWeights> norm_weights(Lowering& lowering, const Node& node) {
  NormWeights found;
  TRY(found.weight, lowering.get(node.inputs[1], kRowMajor, Cell::kF32));
  found.bias = found.weight;
  if (node.inputs.size() > 2) {
    TRY(found.bias, lowering.get(node.inputs[2], kRowMajor, Cell::kF32));
  }
  return found;
}

// A norm reads f32 as it is; other cells than those of activations do not occur.
Result<Stored> norm_input(Lowering& lowering, const Node& node, const Order& order) {
  TRY(const Stored as_is, lowering.get(node.inputs[0]));
  return lowering.get(node.inputs[0], order, as_is.cell);
}

Status add_group_norm(Lowering& lowering, const Node& node, Activation then) {
  const Order order = channels_last(node.shape.rank());
  TRY(const Stored from, norm_input(lowering, node, order));
  TRY(const NormWeights weights, norm_weights(lowering, node));
  const Stored to = lowering.make(node.shape, order, lowering.cell());
  const auto& options = std::get<NormOptions>(node.options);
  const std::int64_t batch = node.shape[0], channels = node.shape[1];
  GroupNormRun run{.from_cell = from.cell,
                   .to_cell = to.cell,
                   .batch = batch,
                   .pixels = node.shape.element_count() / (batch * channels),
                   .channels = channels,
                   .groups = options.groups,
                   .eps = options.eps,
                   .then = then};
  lowering.step({from.buffer, to.buffer, weights.weight.buffer, weights.bias.buffer},
                [=](const Arena& arena) -> Run {
                  GroupNormRun bound = run;
                  bound.from = arena.at(from.buffer), bound.to = arena.at(to.buffer);
                  bound.weight = reinterpret_cast<const float*>(arena.at(weights.weight.buffer));
                  bound.bias = reinterpret_cast<const float*>(arena.at(weights.bias.buffer));
                  return [bound](dnnl::stream&) { run_group_norm(bound); };
                });
  lowering.set(node, to);
  return {};
}

Status lower_group_norm(Lowering& lowering, const Node& node) {
  const Node* user = lowering.sole_user(node);
  const bool silu = user != nullptr && user->op == Op::kSilu;
  return add_group_norm(lowering, node, silu ? Activation::kSilu : Activation::kNone);
}

Status lower_row_norm(Lowering& lowering, const Node& node) {
  TRY(const Stored from, norm_input(lowering, node, kRowMajor));
  TRY(const NormWeights weights, norm_weights(lowering, node));
  const Stored to = lowering.make(node.shape, kRowMajor, lowering.cell());
  const bool layer = node.op == Op::kLayerNorm;
  RowNormRun run{.norm = layer ? RowNorm::kLayer : RowNorm::kRms,
                 .from_cell = from.cell,
                 .to_cell = to.cell,
                 .rows = node.shape.element_count() / node.shape.back(),
                 .channels = node.shape.back(),
                 .eps = std::get<NormOptions>(node.options).eps};
  lowering.step({from.buffer, to.buffer, weights.weight.buffer, weights.bias.buffer},
                [=](const Arena& arena) -> Run {
                  RowNormRun bound = run;
                  bound.from = arena.at(from.buffer), bound.to = arena.at(to.buffer);
                  bound.weight = reinterpret_cast<const float*>(arena.at(weights.weight.buffer));
                  if (layer)
                    bound.bias = reinterpret_cast<const float*>(arena.at(weights.bias.buffer));
                  return [bound](dnnl::stream&) { run_row_norm(bound); };
                });
  lowering.set(node, to);
  return {};
}

}  // namespace

std::span<const LoweringRow> norm_rows() {
  static constexpr LoweringRow kRows[] = {
      {Op::kGroupNorm, lower_group_norm},
      {Op::kLayerNorm, lower_row_norm},
      {Op::kRmsNorm, lower_row_norm},
  };
  return kRows;
}

}  // namespace diptych::onednn
