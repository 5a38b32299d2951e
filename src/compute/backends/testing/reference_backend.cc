#include "compute/backends/testing/reference_backend.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "compute/backends/bindings.h"
#include "compute/backends/testing/reference_ops.h"

namespace diptych {
namespace {

Tensor64 from_bytes(const Port& port, std::span<const std::byte> bytes) {
  Tensor64 tensor(port.shape);
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    float real = 0;
    std::int32_t integer = 0;
    std::memcpy(&real, bytes.data() + 4 * i, 4);
    std::memcpy(&integer, bytes.data() + 4 * i, 4);
    tensor[i] = port.dtype == DType::kI32 ? double{static_cast<double>(integer)} : double{real};
  }
  return tensor;
}

void to_bytes(const Port& port, const Tensor64& tensor, std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const auto real = static_cast<float>(tensor[i]);
    const auto integer = static_cast<std::int32_t>(tensor[i]);
    const void* from = &real;
    if (port.dtype == DType::kI32) from = &integer;
    std::memcpy(bytes.data() + 4 * i, from, 4);
  }
}

class ReferenceProgram final : public Program {
 public:
  ReferenceProgram(const Graph& graph, std::vector<Tensor64> values)
      : graph_(graph), ports_(graph), values_(std::move(values)) {}

  Status run(std::span<const ProgramInput> inputs, std::span<const ProgramOutput> outputs,
             const std::stop_token& stop) override {
    TRY(const auto given, ports_.bind(inputs));
    TRY(const auto asked, ports_.bind(outputs));
    const std::vector<Value> input_values = graph_.inputs();
    for (std::size_t i = 0; i < given.size(); ++i)
      values_[input_values[i].id] = from_bytes(ports_.inputs()[i], given[i]);
    for (std::uint32_t id = 0; id < values_.size(); ++id) {
      if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the run was cancelled");
      compute(id);
    }
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (asked[i].data() != nullptr)
        to_bytes(ports_.outputs()[i], values_[graph_.outputs()[i].value.id], asked[i]);
    return {};
  }

  MemoryUse memory() const override { return {}; }

 private:
  void compute(std::uint32_t id) {
    const Node& node = graph_.node({id});
    const ReferenceOp op = find_reference_op(node.op);
    if (op == nullptr) return;  // an input, weight or constant: there already
    std::vector<const Tensor64*> inputs;
    for (const Value value : node.inputs) inputs.push_back(&values_[value.id]);
    values_[id] = op(node, inputs);
  }

  const Graph graph_;
  const Ports ports_;
  std::vector<Tensor64> values_;  // one per node
};

class ReferenceBackend final : public Backend {
 public:
  std::string_view name() const override { return "reference"; }
  std::span<const Device> devices() const override { return {&device_, 1}; }

  Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                           const CompileOptions&) override {
    std::vector<Tensor64> values(graph.nodes().size());
    for (std::size_t id = 0; id < values.size(); ++id) {
      const Node& node = graph.nodes()[id];
      if (node.op == Op::kConstant)
        values[id] = cast_tensor<double>(Tensor(node.shape, node.constant));
      if (node.op != Op::kWeight) continue;
      const auto tensor = weights.find(node.name);
      if (!tensor) {
        return fail(ErrorCode::kInvalidArgument, fmt::format("no tensor '{}'", node.name),
                    node.name);
      }
      values[id] = cast_tensor<double>(Tensor(node.shape, read_as_f32(weights, *tensor)));
      weights.release(*tensor);
    }
    return std::unique_ptr<Program>(std::make_unique<ReferenceProgram>(graph, std::move(values)));
  }

 private:
  const Device device_ = {"reference:cpu", "f64 loops", {Precision::kF32}, 0};
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace diptych
