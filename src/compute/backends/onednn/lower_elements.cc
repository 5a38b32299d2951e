// Ops that compute element by element, or row by row without weights.

#include <algorithm>
#include <utility>

#include "compute/backends/onednn/kernels/elements.h"
#include "compute/backends/onednn/lowering.h"

namespace diptych::onednn {
namespace {

// Strides of `from` along the storage axes of a result; 0 where numpy repeats it.
Strides broadcast_strides(const Stored& from, const Stored& to) {
  const Strides own = strides_of(from.shape, from.order);
  const int missing = to.shape.rank() - from.shape.rank();
  Strides strides{};
  for (int i = 0; i < to.shape.rank(); ++i) {
    const int axis = to.order[static_cast<std::size_t>(i)] - missing;
    if (axis >= 0 && from.shape[axis] > 1)
      strides[static_cast<std::size_t>(i)] = own[static_cast<std::size_t>(axis)];
  }
  return strides;
}

struct Elements {
  Op op = Op::kAffine;
  float a = 1, b = 0;
};

void add_elements(Lowering& lowering, const Elements& elements, std::span<const Stored> from,
                  const Stored& to) {
  ElementRun run{.op = elements.op,
                 .a = elements.a,
                 .b = elements.b,
                 .operand_count = static_cast<int>(from.size()),
                 .cell = to.cell,
                 .rank = to.shape.rank()};
  for (int i = 0; i < run.rank; ++i)
    run.sizes[static_cast<std::size_t>(i)] = to.shape[to.order[static_cast<std::size_t>(i)]];
  for (std::size_t i = 0; i < from.size(); ++i)
    run.operands[i] = {
        .at = nullptr, .cell = from[i].cell, .strides = broadcast_strides(from[i], to)};
  const BufferId first = from[0].buffer, second = from.back().buffer;
  lowering.step({first, second, to.buffer}, [=, buffer = to.buffer](const Arena& arena) -> Run {
    ElementRun bound = run;
    bound.operands[0].at = arena.at(first);
    bound.operands[1].at = arena.at(second);
    bound.to = arena.at(buffer);
    return [bound](dnnl::stream&) { run_elements(bound); };
  });
}

// Values that were never rounded stay exact: f32 in, f32 out.
Cell cell_of_result(const Lowering& lowering, std::span<const Stored> from) {
  return std::ranges::all_of(from, [](const Stored& s) { return s.cell == Cell::kF32; })
             ? Cell::kF32
             : lowering.cell();
}

Order order_of_result(const Shape& shape, std::span<const Stored> from) {
  for (const Stored& stored : from)
    if (stored.shape == shape) return stored.order;
  for (const Stored& stored : from)
    if (stored.shape.rank() == shape.rank()) return stored.order;
  return kRowMajor;
}

Status lower_elements(Lowering& lowering, const Node& node, const Elements& elements) {
  std::vector<Stored> from;
  for (const Value value : node.inputs) {
    TRY(from.emplace_back(), lowering.get(value));
  }
  const Stored to =
      lowering.make(node.shape, order_of_result(node.shape, from), cell_of_result(lowering, from));
  add_elements(lowering, elements, from, to);
  lowering.set(node, to);
  return {};
}

Status lower_unary(Lowering& lowering, const Node& node) {
  return lower_elements(lowering, node, {.op = node.op});
}

// A group norm whose result goes nowhere else has done it already.
Status lower_silu(Lowering& lowering, const Node& node) {
  const Node& from = lowering.node(node.inputs[0]);
  if (from.op != Op::kGroupNorm || lowering.sole_user(from) != &node)
    return lower_unary(lowering, node);
  TRY(const Stored done, lowering.get(node.inputs[0]));
  lowering.set(node, done);
  return {};
}

Status lower_affine(Lowering& lowering, const Node& node) {
  const auto& options = std::get<AffineOptions>(node.options);
  return lower_elements(lowering, node,
                        {.op = Op::kAffine, .a = options.scale, .b = options.shift});
}

Status lower_clamp(Lowering& lowering, const Node& node) {
  const auto& options = std::get<ClampOptions>(node.options);
  return lower_elements(lowering, node, {.op = Op::kClamp, .a = options.low, .b = options.high});
}

// One deferred operand is computed with the other one added; of two, the first comes alone.
Status lower_add(Lowering& lowering, const Node& node) {
  const auto [x, y] = std::pair(node.inputs[0], node.inputs[1]);
  if (!lowering.is_deferred(x) && !lowering.is_deferred(y)) return lower_unary(lowering, node);
  const Value product = lowering.is_deferred(y) ? y : x, other = product == y ? x : y;
  if (lowering.is_deferred(other)) {
    lowering.undefer(other);
    TRY_STATUS(lower_product(lowering, lowering.node(other), {}));
  }
  TRY_STATUS(lower_product(lowering, lowering.node(product), other));
  TRY(const Stored sum, lowering.get(product));
  lowering.set(node, sum);
  return {};
}

Status lower_geglu(Lowering& lowering, const Node& node) {
  TRY(const Stored from, lowering.get(node.inputs[0], kRowMajor, lowering.cell()));
  const Stored to = lowering.make(node.shape, kRowMajor, lowering.cell());
  GegluRun run{.cell = to.cell,
               .rows = node.shape.element_count() / node.shape.back(),
               .half = node.shape.back()};
  lowering.step({from.buffer, to.buffer}, [=](const Arena& arena) -> Run {
    GegluRun bound = run;
    bound.from = arena.at(from.buffer), bound.to = arena.at(to.buffer);
    return [bound](dnnl::stream&) { run_geglu(bound); };
  });
  lowering.set(node, to);
  return {};
}

Status lower_softmax(Lowering& lowering, const Node& node) {
  TRY(const Stored as_is, lowering.get(node.inputs[0]));
  TRY(const Stored from, lowering.get(node.inputs[0], kRowMajor, as_is.cell));
  const Stored to = lowering.make(node.shape, kRowMajor, lowering.cell());
  SoftmaxRun run{.from_cell = from.cell,
                 .to_cell = to.cell,
                 .rows = node.shape.element_count() / node.shape.back(),
                 .count = node.shape.back()};
  lowering.step({from.buffer, to.buffer}, [=](const Arena& arena) -> Run {
    SoftmaxRun bound = run;
    bound.from = arena.at(from.buffer), bound.to = arena.at(to.buffer);
    return [bound](dnnl::stream&) { run_softmax(bound); };
  });
  lowering.set(node, to);
  return {};
}

}  // namespace

Stored converted(Lowering& lowering, const Stored& from, const Order& order, Cell cell) {
  const Stored to = lowering.make(from.shape, order, cell);
  add_elements(lowering, {}, {{from}}, to);
  return to;
}

std::span<const LoweringRow> element_rows() {
  static constexpr LoweringRow kRows[] = {
      {Op::kSilu, lower_silu},       {Op::kGelu, lower_unary},      {Op::kGeluTanh, lower_unary},
      {Op::kQuickGelu, lower_unary}, {Op::kRelu, lower_unary},      {Op::kSigmoid, lower_unary},
      {Op::kTanh, lower_unary},      {Op::kAffine, lower_affine},   {Op::kClamp, lower_clamp},
      {Op::kAdd, lower_add},         {Op::kSub, lower_unary},       {Op::kMul, lower_unary},
      {Op::kGeglu, lower_geglu},     {Op::kSoftmax, lower_softmax},
  };
  return kRows;
}

}  // namespace diptych::onednn
