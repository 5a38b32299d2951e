#include "compute/backends/bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace diptych {
namespace {

Port make_port(std::string name, const Node& node) {
  const auto bytes = static_cast<std::size_t>(node.shape.element_count()) * 4;  // f32 or i32
  return {std::move(name), node.shape, node.dtype, bytes};
}

bool moves_elements(Op op) {
  return op == Op::kReshape || op == Op::kSlice || op == Op::kPermute || op == Op::kConcat;
}

// The smallest table that each node's integers choose rows of, found from the uses backwards.
std::vector<std::int64_t> row_counts(const Graph& graph) {
  std::vector<std::int64_t> counts(graph.nodes().size(), Port{}.row_count);
  const auto lower = [&](Value value, std::int64_t rows) {
    counts[value.id] = std::min(counts[value.id], rows);
  };
  for (std::size_t id = counts.size(); id-- > 0;) {
    const Node& node = graph.nodes()[id];
    if (node.op == Op::kEmbedding) lower(node.inputs[0], graph.node(node.inputs[1]).shape[0]);
    if (node.op == Op::kGatherRows) lower(node.inputs[1], graph.node(node.inputs[0]).shape[1]);
    if (moves_elements(node.op))
      for (const Value value : node.inputs) lower(value, counts[id]);
  }
  return counts;
}

Status check_rows(const Port& port, std::span<const std::byte> bytes) {
  if (port.dtype != DType::kI32 || port.row_count == Port{}.row_count) return {};
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::int32_t)) {
    std::int32_t row = 0;
    std::memcpy(&row, bytes.data() + at, sizeof row);
    if (row < 0 || row >= port.row_count) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("input '{}' asks for row {} of {}", port.name, row, port.row_count));
    }
  }
  return {};
}

// Bytes: std::span<const std::byte> or std::span<std::byte>.
template <class Bytes, class Binding>
Result<std::vector<Bytes>> place(std::span<const Port> ports, std::span<const Binding> bindings,
                                 std::string_view kind) {
  std::vector<Bytes> placed(ports.size());
  for (const Binding& binding : bindings) {
    const auto port = std::ranges::find(ports, binding.name, &Port::name);
    if (port == ports.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the program has no {} '{}'", kind, binding.name));
    }
    if (binding.bytes.size() != port->bytes) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} '{}' has {} bytes; {} of shape {} has {}", kind, binding.name,
                              binding.bytes.size(), describe(port->dtype).name,
                              port->shape.to_string(), port->bytes));
    }
    Bytes& place = placed[static_cast<std::size_t>(port - ports.begin())];
    if (place.data() != nullptr) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} '{}' is given twice", kind, binding.name));
    }
    place = binding.bytes;
  }
  return placed;
}

}  // namespace

Ports::Ports(const Graph& graph) {
  const std::vector<std::int64_t> rows = row_counts(graph);
  for (const Value value : graph.inputs()) {
    inputs_.push_back(make_port(graph.node(value).name, graph.node(value)));
    inputs_.back().row_count = rows[value.id];
  }
  for (const GraphOutput& output : graph.outputs())
    outputs_.push_back(make_port(output.name, graph.node(output.value)));
}

Result<std::vector<std::span<const std::byte>>> Ports::bind(
    std::span<const ProgramInput> given) const {
  TRY(auto placed, place<std::span<const std::byte>>(inputs(), given, "input"));
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].data() == nullptr && inputs_[i].bytes > 0) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("input '{}' is missing", inputs_[i].name));
    }
    TRY_STATUS(check_rows(inputs_[i], placed[i]));
  }
  return placed;
}

Result<std::vector<std::span<std::byte>>> Ports::bind(std::span<const ProgramOutput> asked) const {
  return place<std::span<std::byte>>(outputs(), asked, "output");
}

}  // namespace diptych
