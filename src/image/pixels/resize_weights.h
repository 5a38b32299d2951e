#pragma once
// Which values of a row an output value is made of: separable resampling, one axis at a time. Pixel
// centres are at ½.

#include <cstdint>
#include <vector>

namespace diptych {

// The output value at i is Σ weights[first_weight + k] × input[begin + k].
struct AxisWeights {
  struct Window {
    int begin = 0, count = 0;
    std::size_t first_weight = 0;
  };
  std::vector<Window> windows;  // one for each output value
  std::vector<double> weights;  // each window's sum to 1
};

enum class ResizeKernel : std::uint8_t {
  kBilinear,
  kBicubic,  // Keys' cubic, a = −½ where it is widened, −¾ where it is not (as torch and OpenCV
             // have it)
  kLanczos,  // three lobes
};

struct AxisSpan {
  int input_size = 0, output_size = 0;
  double begin = 0, end = 0;  // the part of the input that is stretched over the output
};

// The kernel is widened when shrinking (antialias), as Pillow does; beyond the edges there is
// nothing.
AxisWeights make_antialiased_weights(const AxisSpan& span, ResizeKernel kernel);
// The kernel keeps its width whatever the scale; the edge values go on beyond the edges. Not for
// Lanczos.
AxisWeights make_plain_weights(int input_size, int output_size, ResizeKernel kernel);
// One input value each: at floor(i × scale), or at floor((i + ½) × scale).
enum class NearestRule : std::uint8_t { kCorner, kCentre };
AxisWeights make_nearest_weights(int input_size, int output_size, NearestRule rule);

}  // namespace diptych
