#include "compute/backends/onednn/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "compute/float_formats.h"

namespace diptych::onednn {
namespace {

constexpr int kBeforeTheRun = -1;

const LoweringRow* find_row(Op op) {
  for (const auto rows : {product_rows(), norm_rows(), element_rows(), shape_rows()}) {
    const auto row = std::ranges::find(rows, op, &LoweringRow::op);
    if (row != rows.end()) return &*row;
  }
  return nullptr;
}

void write_cells(std::span<const float> values, Cell cell, std::byte* to) {
  if (cell == Cell::kF32) {
    std::memcpy(to, values.data(), values.size_bytes());
    return;
  }
  auto* cells = reinterpret_cast<std::uint16_t*>(to);
  std::ranges::transform(values, cells, bf16_of_f32);
}

void convert_in_parallel(DType dtype, std::span<const std::byte> from, std::span<float> to) {
  const DTypeRow& row = describe(dtype);
  const auto block = static_cast<std::size_t>(row.block_elements),
             bytes = static_cast<std::size_t>(row.block_bytes);
  const std::size_t blocks = to.size() / block, chunk = (std::size_t{1} << 16) / block;
#pragma omp parallel for schedule(static)
  for (std::size_t begin = 0; begin < blocks; begin += chunk) {
    const std::size_t count = std::min(chunk, blocks - begin);
    convert_to_f32(dtype, from.subspan(begin * bytes, count * bytes),
                   to.subspan(begin * block, count * block));
  }
}

bool is_leaf(Op op) { return op == Op::kInput || op == Op::kWeight || op == Op::kConstant; }

}  // namespace

Lowering::Lowering(const Graph& graph, const WeightSource& weights, Cell cell, dnnl::engine engine)
    : graph_(graph),
      weights_(weights),
      cell_(cell),
      engine_(std::move(engine)),
      values_(graph.nodes().size()),
      only_user_(graph.nodes().size()),
      deferred_(graph.nodes().size()),
      is_output_(graph.nodes().size()) {}

void Lowering::find_users() {
  std::vector<int> counts(values_.size());
  for (const Node& node : graph_.nodes())
    for (const Value input : node.inputs)
      ++counts[input.id], only_user_[input.id] = value_of(node).id;
  for (const GraphOutput& output : graph_.outputs())
    ++counts[output.value.id], is_output_[output.value.id] = true;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 1 || is_output_[i]) only_user_[i].reset();
}

const Node* Lowering::sole_user(const Node& node) const {
  const auto user = only_user_[value_of(node).id];
  return user ? &graph_.nodes()[*user] : nullptr;
}

Result<std::span<float>> Lowering::read_weight(Value value) {
  const Node& weight = node(value);
  const auto count = static_cast<std::size_t>(weight.shape.element_count());
  if (weight_.size() < count) weight_.resize(count);
  const std::span<float> values(weight_.data(), count);
  if (weight.op == Op::kConstant) {
    std::ranges::copy(weight.constant, values.begin());
    return values;
  }
  if (weight.op != Op::kWeight)
    return fail(ErrorCode::kUnsupported,
                fmt::format("onednn: {} is computed, not a weight", name_of(weight.op)));
  const auto tensor = weights_.find(weight.name);
  if (!tensor || weights_.info(*tensor).shape != weight.shape)
    return fail(ErrorCode::kInvalidArgument, fmt::format("weight '{}' of shape {} is missing",
                                                         weight.name, weight.shape.to_string()));
  convert_in_parallel(weights_.info(*tensor).dtype, weights_.bytes(*tensor), values);
  weights_.release(*tensor);
  return values;
}

Result<Stored> Lowering::resident(Value value, Cell cell) {
  const auto key = std::tuple(value.id, kRowMajor, cell);
  if (const auto known = converted_.find(key); known != converted_.end()) return known->second;
  TRY(const auto values, read_weight(value));
  const Stored stored = make(node(value).shape, kRowMajor, cell);
  lowered_.arena.use(stored.buffer, kBeforeTheRun);
  lowered_.arena.use_until_end(stored.buffer);
  count_weight(bytes_of(stored.shape, cell));
  lowered_.fills.push_back(
      [values = std::vector(values.begin(), values.end()), stored](const Arena& arena) -> Run {
        write_cells(values, stored.cell, arena.at(stored.buffer));
        return {};
      });
  converted_.emplace(key, stored);
  return stored;
}

Stored Lowering::make(const Shape& shape, const Order& order, Cell cell) {
  return {.buffer = lowered_.arena.add(bytes_of(shape, cell)),
          .cell = cell,
          .order = order,
          .shape = shape};
}

void Lowering::step(std::initializer_list<BufferId> buffers, Bind bind) {
  const int index = static_cast<int>(lowered_.steps.size());
  for (const BufferId buffer : buffers) lowered_.arena.use(buffer, index);
  lowered_.steps.push_back(std::move(bind));
}

void Lowering::need_scratchpad(std::size_t bytes) {
  lowered_.scratchpad_bytes = std::max(lowered_.scratchpad_bytes, bytes);
}

Result<Stored> Lowering::get(Value value) {
  auto& stored = values_[value.id];
  if (!stored) {
    TRY(stored,
        resident(value, Cell::kF32));  // weights and constants, when first wanted as plain values
  }
  return *stored;
}

Result<Stored> Lowering::get(Value value, const Order& order, Cell cell) {
  TRY(const Stored stored, get(value));
  if (stored.cell == cell && same_layout(stored.shape, stored.order, order)) {
    Stored same = stored;
    same.order = order;
    return same;
  }
  const auto key = std::tuple(value.id, order, cell);
  const auto known = converted_.find(key);
  if (known != converted_.end()) return known->second;
  return converted_.emplace(key, converted(*this, stored, order, cell)).first->second;
}

Status Lowering::lower_node(const Node& node) {
  if (is_leaf(node.op)) return {};
  const LoweringRow* row = find_row(node.op);
  if (row == nullptr)
    return fail(ErrorCode::kUnsupported, fmt::format("onednn cannot compute {}", name_of(node.op)));
  return row->lower(*this, node);
}

Result<LoweredGraph> Lowering::lower() && {
  find_users();
  for (const Value value : graph_.inputs()) {
    const Cell cell = node(value).dtype == DType::kI32 ? Cell::kI32 : Cell::kF32;
    const Stored stored = make(node(value).shape, kRowMajor, cell);
    lowered_.arena.use(stored.buffer, kBeforeTheRun);
    values_[value.id] = stored;
    lowered_.inputs.push_back(stored);
  }
  for (const Node& node : graph_.nodes()) TRY_STATUS(lower_node(node));
  for (const GraphOutput& output : graph_.outputs()) {
    const Cell cell = node(output.value).dtype == DType::kI32 ? Cell::kI32 : Cell::kF32;
    TRY(const Stored stored, get(output.value, kRowMajor, cell));
    lowered_.arena.use_until_end(stored.buffer);
    lowered_.outputs.push_back(stored);
  }
  lowered_.arena.place();
  return std::move(lowered_);
}

}  // namespace diptych::onednn
