// Ops that move elements, or look rows up.

#include <cmath>
#include <cstring>
#include <utility>

#include "compute/backends/onednn/kernels/moves.h"
#include "compute/backends/onednn/lowering.h"

namespace diptych::onednn {
namespace {

// A copy of `sizes` cells, axes in any order that both sides agree on.
struct MovePlan {
  Move move;
  Stored from, to;
  std::int64_t from_offset = 0, to_offset = 0;  // in cells
};

void add_move(Lowering& lowering, const MovePlan& plan) {
  lowering.step({plan.from.buffer, plan.to.buffer}, [plan](const Arena& arena) -> Run {
    const auto cell = static_cast<std::int64_t>(size_of(plan.to.cell));
    Move bound = plan.move;
    bound.cell_bytes = static_cast<std::size_t>(cell);
    bound.from = arena.at(plan.from.buffer) + plan.from_offset * cell;
    bound.to = arena.at(plan.to.buffer) + plan.to_offset * cell;
    return [bound](dnnl::stream&) { run_move(bound); };
  });
}

// Axes in the storage order of `to`.
Move move_of(const Shape& sizes, const Stored& from, const Stored& to) {
  const Strides source = strides_of(from.shape, from.order),
                target = strides_of(to.shape, to.order);
  Move move{.rank = sizes.rank()};
  for (std::size_t i = 0; i < static_cast<std::size_t>(sizes.rank()); ++i) {
    const std::size_t axis = to.order[i];
    move.sizes[i] = sizes[static_cast<int>(axis)];
    move.from_strides[i] = source[axis];
    move.to_strides[i] = target[axis];
  }
  return move;
}

Status lower_concat(Lowering& lowering, const Node& node) {
  const int axis = std::get<ConcatOptions>(node.options).axis;
  TRY(const Stored first, lowering.get(node.inputs[0]));
  const Stored to = lowering.make(node.shape, first.order, first.cell);
  const std::int64_t stride = strides_of(to.shape, to.order)[static_cast<std::size_t>(axis)];
  std::int64_t at = 0;
  for (const Value value : node.inputs) {
    TRY(Stored from, lowering.get(value));
    if (from.cell != to.cell) {
      TRY(from, lowering.get(value, to.order, to.cell));
    }
    add_move(
        lowering,
        {.move = move_of(from.shape, from, to), .from = from, .to = to, .to_offset = at * stride});
    at += from.shape[axis];
  }
  lowering.set(node, to);
  return {};
}

Status lower_slice(Lowering& lowering, const Node& node) {
  const auto& options = std::get<SliceOptions>(node.options);
  TRY(const Stored from, lowering.get(node.inputs[0]));
  const Stored to = lowering.make(node.shape, from.order, from.cell);
  const std::int64_t stride =
      strides_of(from.shape, from.order)[static_cast<std::size_t>(options.axis)];
  add_move(lowering, {.move = move_of(node.shape, from, to),
                      .from = from,
                      .to = to,
                      .from_offset = options.begin * stride});
  lowering.set(node, to);
  return {};
}

Status lower_reshape(Lowering& lowering, const Node& node) {
  TRY(const Stored as_is, lowering.get(node.inputs[0]));
  TRY(Stored view, lowering.get(node.inputs[0], kRowMajor, as_is.cell));
  view.shape = node.shape;
  lowering.set(node, view);
  return {};
}

Status lower_permute(Lowering& lowering, const Node& node) {
  const auto& axes = std::get<PermuteOptions>(node.options).axes;
  TRY(Stored view, lowering.get(node.inputs[0]));
  Order becomes{};  // input axis → output axis
  for (int i = 0; i < node.shape.rank(); ++i)
    becomes[static_cast<std::size_t>(axes[static_cast<std::size_t>(i)])] =
        static_cast<std::uint8_t>(i);
  for (int i = 0; i < node.shape.rank(); ++i) {
    auto& axis = view.order[static_cast<std::size_t>(i)];
    axis = becomes[axis];
  }
  view.shape = node.shape;
  lowering.set(node, view);
  return {};
}

Status lower_upsample(Lowering& lowering, const Node& node) {
  const std::int64_t factor = std::get<UpsampleOptions>(node.options).factor;
  TRY(const Stored as_is, lowering.get(node.inputs[0]));
  TRY(const Stored from, lowering.get(node.inputs[0], kChannelsLast, as_is.cell));
  const Stored to = lowering.make(node.shape, kChannelsLast, from.cell);
  const std::int64_t c = from.shape[1], h = from.shape[2], w = from.shape[3], row = w * factor * c;
  const Move move{.rank = 6,
                  .sizes = {from.shape[0], h, factor, w, factor, c},
                  .from_strides = {h * w * c, w * c, 0, c, 0, 1},
                  .to_strides = {h * factor * row, factor * row, row, factor * c, c, 1}};
  add_move(lowering, {.move = move, .from = from, .to = to});
  lowering.set(node, to);
  return {};
}

// Rows of `row_cells` cells chosen by integers; of entry i from table i / rows_of_table.
struct Lookup {
  Stored table, index, to;
  std::int64_t row_cells = 0;
  std::int64_t table_rows = 0;  // > 0: entry i looks in the i-th part of so many rows
};

void add_lookup(Lowering& lowering, const Lookup& lookup) {
  lowering.step(
      {lookup.table.buffer, lookup.index.buffer, lookup.to.buffer},
      [lookup](const Arena& arena) -> Run {
        const auto row_bytes = static_cast<std::size_t>(lookup.row_cells) * size_of(lookup.to.cell);
        const std::byte* table = arena.at(lookup.table.buffer);
        const auto* index = reinterpret_cast<const std::int32_t*>(arena.at(lookup.index.buffer));
        std::byte* to = arena.at(lookup.to.buffer);
        const std::int64_t count = lookup.index.shape.element_count();
        return [=](dnnl::stream&) {
          for (std::int64_t i = 0; i < count; ++i) {
            const auto row = static_cast<std::size_t>(index[i] + i * lookup.table_rows);
            std::memcpy(to + static_cast<std::size_t>(i) * row_bytes, table + row * row_bytes,
                        row_bytes);
          }
        };
      });
}

Status lower_embedding(Lowering& lowering, const Node& node) {
  TRY(const Stored index, lowering.get(node.inputs[0], kRowMajor, Cell::kI32));
  TRY(const Stored table, lowering.resident(node.inputs[1], lowering.cell()));
  const Stored to = lowering.make(node.shape, kRowMajor, lowering.cell());
  add_lookup(lowering, {.table = table, .index = index, .to = to, .row_cells = node.shape.back()});
  lowering.set(node, to);
  return {};
}

Status lower_gather_rows(Lowering& lowering, const Node& node) {
  TRY(const Stored as_is, lowering.get(node.inputs[0]));
  TRY(const Stored table, lowering.get(node.inputs[0], kRowMajor, as_is.cell));
  TRY(const Stored index, lowering.get(node.inputs[1], kRowMajor, Cell::kI32));
  const Stored to = lowering.make(node.shape, kRowMajor, table.cell);
  add_lookup(lowering, {.table = table,
                        .index = index,
                        .to = to,
                        .row_cells = node.shape.back(),
                        .table_rows = table.shape[1]});
  lowering.set(node, to);
  return {};
}

void embed_timestep(const TimestepOptions& options, float t, float* to) {
  const int half = options.channels / 2;
  for (int i = 0; i < half; ++i) {
    const double frequency = std::exp(-std::log(double{options.max_period}) * i /
                                      (static_cast<double>(half) - double{options.shift}));
    const double angle = double{t} * frequency;
    to[options.cos_first ? i : half + i] = static_cast<float>(std::cos(angle));
    to[options.cos_first ? half + i : i] = static_cast<float>(std::sin(angle));
  }
}

Status lower_timestep(Lowering& lowering, const Node& node) {
  const auto& options = std::get<TimestepOptions>(node.options);
  TRY(const Stored from, lowering.get(node.inputs[0], kRowMajor, Cell::kF32));
  const Stored to = lowering.make(node.shape, kRowMajor, Cell::kF32);
  lowering.step({from.buffer, to.buffer}, [=](const Arena& arena) -> Run {
    const auto* t = reinterpret_cast<const float*>(arena.at(from.buffer));
    auto* rows = reinterpret_cast<float*>(arena.at(to.buffer));
    const std::int64_t count = from.shape.element_count();
    return [=](dnnl::stream&) {
      for (std::int64_t i = 0; i < count; ++i)
        embed_timestep(options, t[i], rows + i * options.channels);
    };
  });
  lowering.set(node, to);
  return {};
}

}  // namespace

std::span<const LoweringRow> shape_rows() {
  static constexpr LoweringRow kRows[] = {
      {Op::kConcat, lower_concat},
      {Op::kSlice, lower_slice},
      {Op::kReshape, lower_reshape},
      {Op::kPermute, lower_permute},
      {Op::kUpsampleNearest, lower_upsample},
      {Op::kEmbedding, lower_embedding},
      {Op::kGatherRows, lower_gather_rows},
      {Op::kTimestepEmbedding, lower_timestep},
  };
  return kRows;
}

}  // namespace diptych::onednn
