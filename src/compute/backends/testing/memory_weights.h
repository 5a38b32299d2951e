#pragma once
// Weights made up in memory: what the tests of back ends compute with.

#include <string_view>
#include <vector>

#include "compute/weight_source.h"

namespace diptych {

class MemoryWeights final : public WeightSource {
 public:
  // Pseudo-random values of about −2 … 2 that the type holds exactly (its own numbers for blocks).
  // The same name, type and shape give the same values.
  void add(std::string_view name, const Shape& shape, DType dtype = DType::kF32);
  void add(std::string_view name, const Shape& shape, std::vector<float> values);  // f32

  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId tensor) const override { return bytes_[tensor.value]; }

 private:
  void insert(WeightInfo info, std::vector<std::byte> bytes);

  std::vector<WeightInfo> index_;  // sorted by name
  std::vector<std::vector<std::byte>> bytes_;
};

// count pseudo-random values from low to high; another seed, other values.
std::vector<float> random_values(std::size_t count, std::uint64_t seed, float low, float high);

}  // namespace diptych
