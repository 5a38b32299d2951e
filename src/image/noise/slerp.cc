#include <cmath>

#include "base/check.h"
#include "image/noise/image_noise.h"

namespace diptych {
namespace {

constexpr double kParallel = 0.9995;

struct Columns {  // of [channels, height, width]: one per channel and x
  std::size_t channels, height, width;

  std::size_t count() const { return channels * width; }
  std::size_t first(std::size_t column) const {
    return column / width * height * width + column % width;
  }
};

// The cosine between two columns.
double cosine(const float* low, const float* high, const Columns& columns) {
  double dot = 0, low_square = 0, high_square = 0;
  for (std::size_t y = 0; y < columns.height; ++y) {
    const double a = low[y * columns.width], b = high[y * columns.width];
    dot += a * b;
    low_square += a * a;
    high_square += b * b;
  }
  return dot / std::sqrt(low_square * high_square);
}

}  // namespace

std::vector<float> slerp(double share, const std::vector<float>& low,
                         const std::vector<float>& high, const Shape& shape) {
  CHECK(shape.rank() == 3 && low.size() == high.size());
  CHECK(std::ssize(low) == shape.element_count());
  const Columns columns{static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
                        static_cast<std::size_t>(shape[2])};
  std::vector<double> cosines(columns.count());
  double mean = 0;
  for (std::size_t column = 0; column < columns.count(); ++column) {
    const std::size_t first = columns.first(column);
    cosines[column] = cosine(&low[first], &high[first], columns);
    mean += cosines[column] / static_cast<double>(columns.count());
  }
  std::vector<float> mixed(low.size());
  for (std::size_t column = 0; column < columns.count(); ++column) {
    const double angle = std::acos(cosines[column]);
    const bool parallel = mean > kParallel;
    const double of_low = parallel ? share : std::sin((1 - share) * angle) / std::sin(angle);
    const double of_high = parallel ? 1 - share : std::sin(share * angle) / std::sin(angle);
    for (std::size_t y = 0; y < columns.height; ++y) {
      const std::size_t at = columns.first(column) + y * columns.width;
      mixed[at] = static_cast<float>(of_low * static_cast<double>(low[at]) +
                                     of_high * static_cast<double>(high[at]));
    }
  }
  return mixed;
}

}  // namespace diptych
