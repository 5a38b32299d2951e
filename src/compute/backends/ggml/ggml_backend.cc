#include "compute/backends/ggml/ggml_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>
#include <utility>

#include "compute/backends/ggml/ggml_program.h"
#include "compute/backends/ggml/libraries.h"

namespace diptych {
namespace {

struct OpenDevice {
  Device device;
  ggml_backend_dev_t handle;
  bool is_cpu;
};

std::string id_of(const char* name) {
  std::string id = "ggml:";
  for (const char* c = name; *c != '\0'; ++c)
    id += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  return id;
}

bool cpu_has(ggml_backend_dev_t device, const char* feature) {
  ggml_backend_reg_t library = ggml_backend_dev_backend_reg(device);
  const auto features_of = reinterpret_cast<ggml_backend_get_features_t>(
      ggml_backend_reg_get_proc_address(library, "ggml_backend_get_features"));
  if (features_of == nullptr) return false;
  for (const ggml_backend_feature* f = features_of(library); f->name != nullptr; ++f)
    if (std::strcmp(f->name, feature) == 0) return std::strcmp(f->value, "1") == 0;
  return false;
}

// Expected order of speed, not yet measured: types that the CPU has dot products of first. 8-bit
// weights last: they change the picture.
std::vector<Precision> precisions_of(ggml_backend_dev_t device, bool is_cpu) {
  if (is_cpu && cpu_has(device, "AVX512_BF16"))
    return {Precision::kBf16, Precision::kF32, Precision::kF16, Precision::kInt8Weights};
  if (is_cpu) return {Precision::kF16, Precision::kF32, Precision::kBf16, Precision::kInt8Weights};
  return {Precision::kF16, Precision::kBf16, Precision::kF32, Precision::kInt8Weights};
}

std::vector<OpenDevice> open_devices() {
  std::vector<OpenDevice> devices;
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t handle = ggml_backend_dev_get(i);
    const auto type = ggml_backend_dev_type(handle);
    const bool is_cpu = type == GGML_BACKEND_DEVICE_TYPE_CPU;
    if (!is_cpu && type != GGML_BACKEND_DEVICE_TYPE_GPU && type != GGML_BACKEND_DEVICE_TYPE_IGPU)
      continue;  // accelerators and groups of devices are no place to hold a model
    std::size_t free = 0, total = 0;
    ggml_backend_dev_memory(handle, &free, &total);
    devices.push_back({{id_of(ggml_backend_dev_name(handle)), ggml_backend_dev_description(handle),
                        precisions_of(handle, is_cpu), total},
                       handle,
                       is_cpu});
  }
  return devices;
}

class GgmlBackend final : public Backend {
 public:
  explicit GgmlBackend(std::vector<OpenDevice> open) : open_(std::move(open)) {
    for (const OpenDevice& each : open_) devices_.push_back(each.device);
  }

  std::string_view name() const override { return "ggml"; }
  std::span<const Device> devices() const override { return devices_; }

  Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                           const CompileOptions& options) override {
    const auto wanted = std::ranges::find(open_, options.device,
                                          [](const OpenDevice& each) { return each.device.id; });
    if (wanted == open_.end()) {
      std::vector<std::string> ids;
      for (const Device& device : devices_) ids.push_back(device.id);
      return fail(ErrorCode::kInvalidArgument, fmt::format("ggml has no device '{}', only {}",
                                                           options.device, fmt::join(ids, ", ")));
    }
    return make_ggml_program(graph, weights, {wanted->handle, wanted->is_cpu, options.precision},
                             options.threads);
  }

 private:
  const std::vector<OpenDevice> open_;
  std::vector<Device> devices_;
};

}  // namespace

Result<std::unique_ptr<Backend>> make_ggml_backend() {
  const GgmlLibraries& libraries = load_ggml_libraries();
  std::vector<OpenDevice> open = open_devices();
  const bool has_cpu = std::ranges::any_of(open, &OpenDevice::is_cpu);
  if (!has_cpu) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("no ggml CPU library fits this machine in {}", libraries.folder));
  }
  return std::unique_ptr<Backend>(std::make_unique<GgmlBackend>(std::move(open)));
}

}  // namespace diptych
