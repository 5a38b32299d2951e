// What a build without oneDNN has in its place; chosen by CMake.
#include "compute/backends/onednn/onednn_backend.h"

namespace diptych {
namespace {

class MissingBackend : public Backend {
 public:
  std::string_view name() const override { return "onednn"; }
  std::span<const Device> devices() const override { return {}; }
  Result<std::unique_ptr<Program>> compile(const Graph&, const WeightSource&,
                                           const CompileOptions&) override {
    return fail(ErrorCode::kUnsupported,
                "this build has no oneDNN (CMake option DIPTYCH_ONEDNN is off)");
  }
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend() { return std::make_unique<MissingBackend>(); }

}  // namespace diptych
