#include "compute/backends/backends.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

class DevicesOnly final : public Backend {  // compiles nothing
 public:
  DevicesOnly(std::string_view name, std::vector<Device> devices)
      : name_(name), devices_(std::move(devices)) {}
  std::string_view name() const override { return name_; }
  std::span<const Device> devices() const override { return devices_; }
  Result<std::unique_ptr<Program>> compile(const Graph&, const WeightSource&,
                                           const CompileOptions&) override {
    return fail(ErrorCode::kUnsupported, "devices only");
  }

 private:
  std::string_view name_;
  std::vector<Device> devices_;
};

Device cpu(std::string id) {
  return {std::move(id), "a CPU", {Precision::kInt8Weights, Precision::kBf16, Precision::kF32}, 1};
}
Device gpu(std::string id, std::uint64_t gib) {
  return {std::move(id), "a GPU", {Precision::kF16, Precision::kF32}, gib << 30};
}

Backends make_backends(std::vector<Device> of_ggml) {
  std::vector<std::unique_ptr<Backend>> all;
  all.push_back(std::make_unique<DevicesOnly>("openvino", std::vector{cpu("openvino:cpu")}));
  all.push_back(std::make_unique<DevicesOnly>("ggml", std::move(of_ggml)));
  return Backends(std::move(all));
}

TEST(ModuleDevices, OneDeviceIsForEveryModule) {
  for (const auto& [text, device] : {std::pair{"auto", "auto"}, {"", "auto"}, {" a:b ", "a:b"}}) {
    const auto devices = parse_module_devices(text);
    ASSERT_TRUE(devices) << text;
    for (const std::string& each : *devices) EXPECT_EQ(each, device);
  }
}

TEST(ModuleDevices, ModulesThatAreNotNamedAreAutomatic) {
  const auto devices = parse_module_devices("unet=ggml:cuda0, vae=openvino:cpu");
  ASSERT_TRUE(devices);
  EXPECT_EQ(*devices, (ModuleDevices{"auto", "ggml:cuda0", "openvino:cpu", "auto"}));
}

TEST(ModuleDevices, WhatIsNoAssignmentIsRefusedWithTheModulesThereAre) {
  for (const char* text : {"unets=a:b", "unet=", "unet=a:b,", "unet=a:b,c:d", "=a:b"}) {
    const auto devices = parse_module_devices(text);
    ASSERT_FALSE(devices) << text;
    EXPECT_NE(devices.error().message.find("text, unet, vae, control"), std::string::npos) << text;
  }
  const auto twice = parse_module_devices("vae=a:b,vae=c:d");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("vae is given two devices"), std::string::npos);
}

TEST(Backends, AutomaticIsTheGpuWithTheMostMemoryElseTheFirstCpu) {
  struct Case {
    std::vector<Device> ggml;
    std::string_view chosen;
    Precision precision;
  };
  const Case cases[] = {
      {{cpu("ggml:cpu")}, "openvino:cpu", Precision::kBf16},
      {{cpu("ggml:cpu"), gpu("ggml:vulkan0", 2)}, "openvino:cpu", Precision::kBf16},
      {{gpu("ggml:cuda0", 8), gpu("ggml:cuda1", 24), cpu("ggml:cpu")},
       "ggml:cuda1",
       Precision::kF16},
  };
  for (const Case& each : cases) {
    const auto choice = make_backends(each.ggml).choose("auto", {});
    ASSERT_TRUE(choice) << choice.error().message;
    EXPECT_EQ(choice->device.id, each.chosen);
    EXPECT_EQ(choice->precision, each.precision);
    EXPECT_NE(choice->reason.find(each.chosen), std::string::npos) << choice->reason;
  }
}

TEST(Backends, AnAskedPrecisionDecidesWhichDevicesCount) {
  const Backends backends = make_backends({gpu("ggml:cuda0", 8)});
  const auto bf16 = backends.choose("auto", Precision::kBf16);
  ASSERT_TRUE(bf16) << bf16.error().message;
  EXPECT_EQ(bf16->device.id, "openvino:cpu");
  const auto refused = backends.choose("ggml:cuda0", Precision::kBf16);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "ggml:cuda0 cannot compute in bf16, only in f16, f32");
}

TEST(Backends, AnUnknownDeviceIsRefusedWithThoseThereAre) {
  const auto choice = make_backends({cpu("ggml:cpu")}).choose("ggml:cuda7", {});
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(choice.error().message,
            "there is no device 'ggml:cuda7': auto or openvino:cpu, ggml:cpu");
}

TEST(Backends, ThisBuildHasGgmlsCpu) {
  const Backends backends = Backends::open();
  EXPECT_TRUE(backends.choose("ggml:cpu", Precision::kF32));
  for (const BackendState& state : backends.states())
    EXPECT_NE(state.devices.empty(), state.missing.empty()) << state.name;
}

TEST(Precisions, AreFoundByTheirNames) {
  for (const Precision precision :
       {Precision::kF32, Precision::kBf16, Precision::kF16, Precision::kInt8Weights})
    EXPECT_EQ(find_precision(name_of(precision)), precision);
  EXPECT_FALSE(find_precision("f64"));
}

}  // namespace
}  // namespace diptych
