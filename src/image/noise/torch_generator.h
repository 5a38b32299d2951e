#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "image/noise/generator.h"
#include "image/noise/mt19937.h"

namespace diptych {

// torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed)) in float32, bit for bit
// (golden: torch 2.15 on a CPU with AVX2). Only the low 32 bits of the seed count, as there. Calls
// of fewer than 16 values take torch's scalar path, which computes in double.
class TorchGenerator final : public NormalGenerator {
 public:
  explicit TorchGenerator(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<float> out) override;

 private:
  float uniform();
  double scalar_normal();

  Mt19937 engine_;
  std::optional<double> spare_;  // the second of a scalar pair; outlives long calls in between
};

}  // namespace diptych
