#pragma once
// The back ends of this build, and which of their devices a module of a model runs on.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/backend.h"

namespace diptych {

// "f32", "bf16", "f16", "int8": for options, the log and /capabilities.
std::string_view name_of(Precision precision);
std::optional<Precision> find_precision(std::string_view name);

enum class Module : std::uint8_t { kText, kUnet, kVae, kControl };
inline constexpr std::size_t kModuleCount = 4;
std::string_view name_of(Module module);  // "text", "unet", "vae", "control"

// A device id or "auto" for each module, by its number.
using ModuleDevices = std::array<std::string, kModuleCount>;
// One device for all ("auto", "ggml:cuda0") or some by name and the others automatic:
// "unet=ggml:cuda0,vae=openvino:cpu". Errors (kInvalidArgument) name the modules there are. Whether
// a device exists is seen when it is chosen.
Result<ModuleDevices> parse_module_devices(std::string_view text);

struct DeviceChoice {
  Backend* backend = nullptr;
  Device device;
  Precision precision = Precision::kF32;
  std::string reason;  // one sentence, for the log and /capabilities
};

struct BackendState {
  std::string_view name;
  std::string missing;  // why it has no devices; empty when it has
  std::vector<Device> devices;
};

class Backends {  // safe from any thread
 public:
  static Backends open();  // every back end of this build that starts
  // For tests: the earlier of two CPU back ends is preferred.
  explicit Backends(std::vector<std::unique_ptr<Backend>> backends);

  std::span<const BackendState> states() const { return states_; }

  // `device`: an id or "auto". Automatic is a GPU with room for a model, else the first back end's
  // CPU. No precision: the device's fastest that leaves the weights as they are (not int8).
  // kInvalidArgument: names what there is instead.
  Result<DeviceChoice> choose(std::string_view device, std::optional<Precision> precision) const;

 private:
  struct Candidate {
    Backend* backend;
    const Device* device;
  };
  std::vector<Candidate> candidates() const;
  std::optional<Candidate> best(std::optional<Precision> precision) const;

  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<BackendState> states_;
};

}  // namespace diptych
