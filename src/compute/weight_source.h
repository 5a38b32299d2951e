#pragma once
// Where weights come from: an index of named tensors and their bytes. Files implement it
// (formats/); key maps, LoRA and quantisation wrap one another around it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compute/dtype.h"
#include "compute/tensor.h"

namespace diptych {

struct TensorId {
  std::uint32_t value = 0;  // position in the index
  friend bool operator==(TensorId, TensorId) = default;
};

struct WeightInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;  // torch's order; a quantised weight has its logical shape
  std::uint64_t bytes = 0;
};

// Const and safe from any thread. Bytes are valid as long as the source; row-major, little-endian,
// in the blocks of `dtype`; not necessarily aligned.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  virtual std::span<const WeightInfo> index() const = 0;  // sorted by name, names unique
  virtual std::span<const std::byte> bytes(TensorId tensor) const = 0;
  // The reader has its own copy now: mapped pages may leave memory. They come back when read again.
  virtual void release(TensorId /*tensor*/) const {}

  std::optional<TensorId> find(std::string_view name) const;  // by binary search
  const WeightInfo& info(TensorId tensor) const { return index()[tensor.value]; }
  std::uint64_t bytes_in_all() const;
};

// Elements as f32, whatever they are stored as: the plain types and every block type of `DType`.
// For small tensors, back ends without a kernel of that type, and tests.
std::vector<float> read_as_f32(const WeightSource& source, TensorId tensor);
void convert_to_f32(DType dtype, std::span<const std::byte> from, std::span<float> to);

}  // namespace diptych
