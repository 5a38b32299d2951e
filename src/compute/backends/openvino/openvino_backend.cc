#include "compute/backends/openvino/openvino_backend.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/intel_cpu/properties.hpp>
#include <openvino/runtime/properties.hpp>
#include <optional>
#include <thread>

#include "base/log.h"
#include "compute/backends/openvino/lowering.h"
#include "compute/backends/openvino/openvino_errors.h"
#include "compute/backends/openvino/openvino_program.h"
#include "compute/machine_load.h"

namespace diptych {
namespace openvino {
namespace {

constexpr const char* kPlugin = "CPU";
constexpr const char* kDeviceId = "openvino:cpu";

struct PrecisionRow {  // fastest first
  Precision precision;
  ov::element::Type_t type;
  std::string_view capability;  // as the plugin names it
};
constexpr PrecisionRow kPrecisions[] = {
    {Precision::kBf16, ov::element::Type_t::bf16, "BF16"},
    {Precision::kF16, ov::element::Type_t::f16, "FP16"},
    {Precision::kF32, ov::element::Type_t::f32, "FP32"},
};

ov::AnyMap settings(const PrecisionRow& precision) {
  return {
      ov::hint::inference_precision(precision.type),  ov::num_streams(1),
      ov::inference_num_threads(usable_core_count()), ov::hint::enable_cpu_pinning(false),
      ov::hint::enable_hyper_threading(false),        ov::intel_cpu::denormals_optimization(true)};
}

MemoryUse memory_of(const Graph& graph, const PrecisionRow& precision) {
  MemoryUse use;
  const auto size = ov::element::Type(precision.type).size();
  for (const Node& node : graph.nodes())
    if (node.op == Op::kWeight)
      use.weight_bytes += static_cast<std::uint64_t>(node.shape.element_count()) * size;
  return use;
}

class OpenvinoBackend : public Backend {
 public:
  std::string_view name() const override { return "openvino"; }
  std::span<const Device> devices() const override;
  Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                           const CompileOptions& options) override;

 private:
  Result<const PrecisionRow*> precision_row(const CompileOptions& options) const;
  Status load() const;

  // Loading the plugin costs a tenth of a second and some memory: not before someone asks.
  mutable std::once_flag loading_;
  mutable std::optional<ov::Core> core_;
  mutable std::vector<Device> devices_;
};

Status OpenvinoBackend::load() const {
  return guarded("loading OpenVINO", [&]() -> Status {
    core_.emplace();
    Device device;
    device.id = kDeviceId;
    device.description = core_->get_property(kPlugin, ov::device::full_name);
    const auto able = core_->get_property(kPlugin, ov::device::capabilities);
    for (const PrecisionRow& row : kPrecisions)
      if (std::ranges::find(able, row.capability) != able.end())
        device.precisions.push_back(row.precision);
    devices_.push_back(std::move(device));
    return {};
  });
}

std::span<const Device> OpenvinoBackend::devices() const {
  std::call_once(loading_, [&] {
    if (const Status status = load(); !status) log_error("{}", status.error().message);
  });
  return devices_;
}

Result<const PrecisionRow*> OpenvinoBackend::precision_row(const CompileOptions& options) const {
  const auto known = devices();
  const auto device = std::ranges::find(known, options.device, &Device::id);
  if (device == known.end())
    return fail(ErrorCode::kUnsupported, fmt::format("openvino has no device '{}'", options.device),
                "device");
  const auto row = std::ranges::find(kPrecisions, options.precision, &PrecisionRow::precision);
  const auto& able = device->precisions;
  if (row == std::end(kPrecisions) || std::ranges::find(able, row->precision) == able.end())
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} cannot compute in the precision asked for", options.device),
                "precision");
  return &*row;
}

// Threads are born as nice as the one that starts them, and OpenVINO starts all of its own while it
// compiles, or from one another. On Linux, 0 is the calling thread.
void run_nicely(int nice, const std::function<void()>& work) {
  std::jthread([&] {
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice);
    work();
  }).join();
}

Result<std::unique_ptr<Program>> OpenvinoBackend::compile(const Graph& graph,
                                                          const WeightSource& weights,
                                                          const CompileOptions& options) {
  TRY(const PrecisionRow* precision, precision_row(options));
  Result<std::unique_ptr<Program>> program;
  run_nicely(options.nice, [&] {
    program = guarded("compiling", [&]() -> Result<std::unique_ptr<Program>> {
      WeightConstants constants(weights, precision->type);
      TRY(const auto model, lower(graph, constants));
      const PageSweeper sweeper(weights, constants.shared());
      auto made = std::make_unique<OpenvinoProgram>(
          Ports(graph), core_->compile_model(model, kPlugin, settings(*precision)), options.threads,
          memory_of(graph, *precision));
      constants.drop_converted();
      return made;
    });
  });
  malloc_trim(0);  // the graph that the plugin rewrote: tens of MiB that nobody needs again
  return program;
}

}  // namespace
}  // namespace openvino

std::unique_ptr<Backend> make_openvino_backend() {
  return std::make_unique<openvino::OpenvinoBackend>();
}

}  // namespace diptych
