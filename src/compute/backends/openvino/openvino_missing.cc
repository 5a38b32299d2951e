// What a build without OpenVINO has in its place; chosen by CMake.
#include "compute/backends/openvino/openvino_backend.h"

namespace diptych {
namespace {

class MissingBackend : public Backend {
 public:
  std::string_view name() const override { return "openvino"; }
  std::span<const Device> devices() const override { return {}; }
  Result<std::unique_ptr<Program>> compile(const Graph&, const WeightSource&,
                                           const CompileOptions&) override {
    return fail(ErrorCode::kUnsupported,
                "this build has no OpenVINO (CMake option DIPTYCH_OPENVINO is off)");
  }
};

}  // namespace

std::unique_ptr<Backend> make_openvino_backend() { return std::make_unique<MissingBackend>(); }

}  // namespace diptych
