#pragma once
#include <cstdint>
#include <span>

#include "image/noise/generator.h"

namespace diptych {

// torch.randn on a CUDA device in float32: Philox 4x32-10 keyed by the seed, one counter per thread
// and round. threads == 0: as if every element had its own thread, which a device does as long as
// it has that many; that is what A1111 calls RNG "NV", computed in double there and here.
class CudaGenerator final : public NormalGenerator {
 public:
  CudaGenerator(std::uint64_t seed, int threads) : seed_(seed), threads_max_(threads) {}
  void fill(std::span<float> out) override;

 private:
  std::uint64_t seed_;
  int threads_max_;
  std::uint32_t rounds_ = 0;  // counters used by the calls before
};

}  // namespace diptych
