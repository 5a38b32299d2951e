#pragma once
// Brownian motion whose value at a time depends on the seed and that time only, never on what was
// asked before: torchsde.BrownianTree (0.2.6), as k-diffusion's SDE samplers use it with sigma as
// the time.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/noise/generator.h"

namespace diptych {

class BrownianTree {  // one owner
 public:
  // Times from `start` to `end`; `size` independent paths. Normals come from `source`, a fresh
  // generator per node of the tree.
  struct Range {
    double start, end;
  };
  BrownianTree(std::uint64_t seed, Range range, std::size_t size, RandomSource source);

  // W(to) − W(from) over √|to − from|: standard normal. Times outside the range count as its ends.
  std::vector<double> increment(double from, double to);

 private:
  struct Point {
    double time;
    std::vector<double> value;
  };
  const std::vector<double>& value_at(double time);
  std::vector<double> compute(double time) const;
  std::vector<double> normals(std::uint32_t seed) const;

  std::uint64_t seed_;
  Range range_;  // rounded
  std::size_t size_;
  RandomSource source_;
  std::vector<double> total_;  // W(end) − W(start)
  std::vector<Point> recent_;  // steps share their ends
};

}  // namespace diptych
