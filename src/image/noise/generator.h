#pragma once
// One stream of standard normal numbers. A value type behind an interface: one owner, no locks.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

class NormalGenerator {
 public:
  virtual ~NormalGenerator() = default;
  // Fills a whole tensor, as one call of the reference's randn does: the length of a call decides
  // which numbers come.
  virtual void fill(std::span<float> out) = 0;
};

// Which reference's numbers a seed stands for.
struct RandomSource {
  enum class Kind {
    kCpu,  // torch on a CPU
    kNv,   // a CUDA device as webui programs emulate it: the same on every machine
    kGpu,  // torch on a CUDA device that runs `threads` threads at once
  };
  Kind kind = Kind::kCpu;
  int threads = 0;  // kGpu: multiprocessors × (threads of one / 256) × 256, e.g. 196608 (RTX 4090)

  friend bool operator==(const RandomSource&, const RandomSource&) = default;
};

// "cpu", "nv", "gpu-t196608"; also "CPU", "NV" as pictures' infotext spells them. An unknown name
// is an error (param "rng").
Result<RandomSource> parse_random_source(std::string_view text);
std::string name_of(const RandomSource& source);

std::unique_ptr<NormalGenerator> make_generator(const RandomSource& source, std::uint64_t seed);

}  // namespace diptych
