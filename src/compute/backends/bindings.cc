#include "compute/backends/bindings.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych {
namespace {

Port make_port(std::string name, const Node& node) {
  const auto bytes = static_cast<std::size_t>(node.shape.element_count()) * 4;  // f32 or i32
  return {std::move(name), node.shape, node.dtype, bytes};
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
  for (const Value value : graph.inputs())
    inputs_.push_back(make_port(graph.node(value).name, graph.node(value)));
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
  }
  return placed;
}

Result<std::vector<std::span<std::byte>>> Ports::bind(std::span<const ProgramOutput> asked) const {
  return place<std::span<std::byte>>(outputs(), asked, "output");
}

}  // namespace diptych
