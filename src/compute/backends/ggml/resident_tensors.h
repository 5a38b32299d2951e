#pragma once
// What a program keeps on its device: weights and constants. They are declared while the graph is
// lowered, then allocated in one buffer and filled one by one.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "compute/backends/ggml/handles.h"
#include "compute/weight_source.h"

namespace diptych {

using GgmlDims = std::array<std::int64_t, 4>;  // innermost first

// None: ggml has no such type.
std::optional<ggml_type> ggml_type_of(DType dtype);

class ResidentTensors {
 public:
  explicit ResidentTensors(std::size_t count_max);

  ggml_tensor* add_weight(TensorId source, ggml_type type, const GgmlDims& dims);
  ggml_tensor* add_constant(const GgmlDims& dims, std::vector<float> values);

  // Converts where the stored type is another than the tensor's, and releases each source.
  Status allocate_and_fill(ggml_backend_t stream, const WeightSource& weights);
  std::uint64_t bytes() const;

 private:
  struct Weight {
    ggml_tensor* tensor;
    TensorId source;
  };
  struct Constant {
    ggml_tensor* tensor;
    std::vector<float> values;
  };

  GgmlContextPtr context_;
  GgmlBufferPtr buffer_;
  std::vector<Weight> weights_;
  std::vector<Constant> constants_;
};

}  // namespace diptych
