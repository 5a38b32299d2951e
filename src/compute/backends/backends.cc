#include "compute/backends/backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compute/backends/ggml/ggml_backend.h"
#include "compute/backends/onednn/onednn_backend.h"
#include "compute/backends/openvino/openvino_backend.h"

namespace diptych {
namespace {

constexpr std::string_view kAutomatic = "auto";

// Less holds no model of the kinds we draw with beside its activations.
constexpr std::uint64_t kGpuBytesMin = std::uint64_t{4} << 30;

struct PrecisionRow {
  Precision precision;
  std::string_view name;
};
constexpr PrecisionRow kPrecisions[] = {
    {Precision::kF32, "f32"},
    {Precision::kBf16, "bf16"},
    {Precision::kF16, "f16"},
    {Precision::kInt8Weights, "int8"},
};

constexpr std::array<std::string_view, kModuleCount> kModules = {"text", "unet", "vae", "control"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_cpu(const Device& device) { return device.id.ends_with(":cpu"); }

bool offers(const Device& device, std::optional<Precision> precision) {
  return !precision || std::ranges::find(device.precisions, *precision) != device.precisions.end();
}

std::string precisions_of(const Device& device) {
  std::vector<std::string_view> names;
  for (const Precision precision : device.precisions) names.push_back(name_of(precision));
  return fmt::format("{}", fmt::join(names, ", "));
}

// 8-bit weights change the picture: they are for those who ask.
Precision fastest(const Device& device) {
  for (const Precision precision : device.precisions)
    if (precision != Precision::kInt8Weights) return precision;
  return Precision::kF32;
}

Result<DeviceChoice> with_precision(Backend& backend, const Device& device,
                                    std::optional<Precision> precision) {
  if (!offers(device, precision)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} cannot compute in {}, only in {}", device.id, name_of(*precision),
                            precisions_of(device)),
                "precision");
  }
  return DeviceChoice{&backend, device, precision.value_or(fastest(device)), {}};
}

std::string precision_reason(const DeviceChoice& choice, std::optional<Precision> asked) {
  return fmt::format("{} {}", name_of(choice.precision),
                     asked ? "as asked" : "is its fastest that keeps the weights");
}

}  // namespace

std::string_view name_of(Precision precision) {
  return std::ranges::find(kPrecisions, precision, &PrecisionRow::precision)->name;
}

std::optional<Precision> find_precision(std::string_view name) {
  const auto row = std::ranges::find(kPrecisions, name, &PrecisionRow::name);
  if (row == std::end(kPrecisions)) return std::nullopt;
  return row->precision;
}

std::string_view name_of(Module module) { return kModules[static_cast<std::size_t>(module)]; }

Result<ModuleDevices> parse_module_devices(std::string_view text) {
  ModuleDevices devices;
  if (text.find('=') == std::string_view::npos) {
    const std::string_view one = trim(text);
    devices.fill(std::string(one.empty() ? kAutomatic : one));
    return devices;
  }
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string_view module = trim(part.substr(0, equals));
    const std::string_view device =
        equals == std::string_view::npos ? "" : trim(part.substr(equals + 1));
    const auto row = std::ranges::find(kModules, module);
    if (row == kModules.end() || device.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no MODULE=DEVICE; modules are {}", trim(part),
                              fmt::join(kModules, ", ")),
                  "device");
    }
    std::string& place = devices[static_cast<std::size_t>(row - kModules.begin())];
    if (!place.empty()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} is given two devices", module),
                  "device");
    }
    place = device;
  }
  std::ranges::replace(devices, std::string(), std::string(kAutomatic));
  return devices;
}

Backends Backends::open() {
  std::vector<std::unique_ptr<Backend>> built;
  built.push_back(make_onednn_backend());
  built.push_back(make_openvino_backend());
  auto ggml = make_ggml_backend();
  if (ggml) built.push_back(std::move(*ggml));
  Backends backends(std::move(built));
  for (BackendState& state : backends.states_)
    if (state.devices.empty() && state.missing.empty()) state.missing = "not in this build";
  if (!ggml) backends.states_.push_back({"ggml", ggml.error().message, {}});
  return backends;
}

Backends::Backends(std::vector<std::unique_ptr<Backend>> backends)
    : backends_(std::move(backends)) {
  for (const auto& backend : backends_) {
    const auto devices = backend->devices();
    states_.push_back({backend->name(), {}, {devices.begin(), devices.end()}});
  }
}

std::vector<Backends::Candidate> Backends::candidates() const {
  std::vector<Candidate> all;
  for (const auto& backend : backends_)
    for (const Device& device : backend->devices()) all.push_back({backend.get(), &device});
  return all;
}

std::optional<Backends::Candidate> Backends::best(std::optional<Precision> precision) const {
  std::vector<Candidate> usable = candidates();
  std::erase_if(usable, [&](const Candidate& each) { return !offers(*each.device, precision); });
  const auto gpu_bytes = [](const Candidate& each) {
    const bool counts = !is_cpu(*each.device) && each.device->memory_bytes >= kGpuBytesMin;
    return counts ? each.device->memory_bytes : 0;
  };
  const auto found = std::ranges::max_element(usable, {}, gpu_bytes);
  if (found == usable.end()) return std::nullopt;
  if (gpu_bytes(*found) > 0) return *found;
  const auto cpu =
      std::ranges::find_if(usable, [](const Candidate& each) { return is_cpu(*each.device); });
  return cpu == usable.end() ? usable.front() : *cpu;
}

Result<DeviceChoice> Backends::choose(std::string_view device,
                                      std::optional<Precision> precision) const {
  if (device == kAutomatic) {
    const auto found = best(precision);
    if (!found) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("no device of this build computes in {}",
                              precision ? name_of(*precision) : "any precision"),
                  "precision");
    }
    TRY(DeviceChoice choice, with_precision(*found->backend, *found->device, precision));
    choice.reason = fmt::format("{} ({}): {}; {}", choice.device.id, choice.device.description,
                                is_cpu(choice.device)
                                    ? "the fastest way on this CPU, and no GPU with 4 GiB is here"
                                    : "the GPU with the most memory",
                                precision_reason(choice, precision));
    return choice;
  }
  std::vector<std::string_view> ids;
  for (const Candidate& each : candidates()) {
    ids.push_back(each.device->id);
    if (each.device->id != device) continue;
    TRY(DeviceChoice choice, with_precision(*each.backend, *each.device, precision));
    choice.reason = fmt::format("{} ({}) as asked; {}", choice.device.id, choice.device.description,
                                precision_reason(choice, precision));
    return choice;
  }
  std::string message =
      fmt::format("there is no device '{}': {} or {}", device, kAutomatic, fmt::join(ids, ", "));
  for (const BackendState& state : states_)
    if (!state.missing.empty()) message += fmt::format("; {}: {}", state.name, state.missing);
  return fail(ErrorCode::kInvalidArgument, std::move(message), "device");
}

}  // namespace diptych
