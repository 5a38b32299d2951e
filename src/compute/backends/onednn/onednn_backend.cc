#include "compute/backends/onednn/onednn_backend.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <optional>

#include "base/mutex.h"
#include "compute/backends/onednn/idle_team.h"
#include "compute/backends/onednn/onednn_errors.h"
#include "compute/backends/onednn/onednn_program.h"
#include "compute/machine_load.h"

namespace diptych {
namespace onednn {
namespace {

constexpr const char* kDeviceId = "onednn:cpu";

// Our own kernels need AVX-512; for other CPUs there is OpenVINO.
std::vector<Precision> precisions_of_this_cpu() {
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return {};
  if (__builtin_cpu_supports("avx512bf16")) return {Precision::kBf16, Precision::kF32};
  return {Precision::kF32};
}

class OnednnBackend : public Backend {
 public:
  OnednnBackend() {
    Device device{.id = kDeviceId,
                  .description = "oneDNN on this CPU",
                  .precisions = precisions_of_this_cpu()};
    if (!device.precisions.empty()) devices_.push_back(std::move(device));
  }

  std::string_view name() const override { return "onednn"; }
  std::span<const Device> devices() const override { return devices_; }
  Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                           const CompileOptions& options) override;

 private:
  std::shared_ptr<ComputeThread> thread_for(int nice);

  std::vector<Device> devices_;
  const dnnl::engine engine_{dnnl::engine::kind::cpu,
                             0};  // one for all: primitives, memory and streams must agree
  Mutex mutex_;
  std::optional<IdleTeam> idle_team_ GUARDED_BY(mutex_);
  std::vector<std::pair<int, std::weak_ptr<ComputeThread>>> threads_
      GUARDED_BY(mutex_);  // by niceness
};

std::shared_ptr<ComputeThread> OnednnBackend::thread_for(int nice) {
  MutexLock lock(mutex_);
  if (!idle_team_) idle_team_.emplace();
  std::erase_if(threads_, [](const auto& known) { return known.second.expired(); });
  for (const auto& [of_nice, known] : threads_)
    if (auto thread = known.lock(); thread && of_nice == nice) return thread;
  auto thread = std::make_shared<ComputeThread>(nice);
  threads_.emplace_back(nice, thread);
  return thread;
}

Result<std::unique_ptr<Program>> OnednnBackend::compile(const Graph& graph,
                                                        const WeightSource& weights,
                                                        const CompileOptions& options) {
  if (devices_.empty() || options.device != kDeviceId)
    return fail(ErrorCode::kUnsupported, fmt::format("onednn has no device '{}'", options.device),
                "device");
  if (std::ranges::find(devices_[0].precisions, options.precision) == devices_[0].precisions.end())
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} cannot compute in the precision asked for", options.device),
                "precision");
  const Cell cell = options.precision == Precision::kBf16 ? Cell::kBf16 : Cell::kF32;
  const auto thread = thread_for(options.nice);
  Result<std::unique_ptr<Program>> program;
  thread->run([&] {
    program = guarded("compiling", [&]() -> Result<std::unique_ptr<Program>> {
      TRY(LoweredGraph lowered, Lowering(graph, weights, cell, engine_).lower());
      return std::make_unique<OnednnProgram>(Ports(graph), std::move(lowered), engine_, thread,
                                             options.threads);
    });
  });
  malloc_trim(0);  // weights in the types of their files
  return program;
}

}  // namespace
}  // namespace onednn

std::unique_ptr<Backend> make_onednn_backend() { return std::make_unique<onednn::OnednnBackend>(); }

}  // namespace diptych
