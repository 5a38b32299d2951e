#include "image/pixels/resize_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "base/check.h"

namespace diptych {
namespace {

constexpr double kCubicWide = -0.5, kCubicPlain = -0.75;

double support_of(ResizeKernel kernel) {
  switch (kernel) {
    case ResizeKernel::kBilinear:
      return 1;
    case ResizeKernel::kBicubic:
      return 2;
    case ResizeKernel::kLanczos:
      return 3;
  }
  return 1;
}

// Keys 1981.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double value_at(ResizeKernel kernel, double x, double cubic_a) {
  switch (kernel) {
    case ResizeKernel::kBilinear:
      return std::max(0.0, 1 - std::abs(x));
    case ResizeKernel::kBicubic:
      return cubic(x, cubic_a);
    case ResizeKernel::kLanczos:
      return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

void add_window(AxisWeights& axis, int begin, std::vector<double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  axis.windows.push_back({begin, static_cast<int>(weights.size()), axis.weights.size()});
  for (const double weight : weights) axis.weights.push_back(weight / sum);
}

}  // namespace

AxisWeights make_antialiased_weights(const AxisSpan& span, ResizeKernel kernel) {
  const double scale = (span.end - span.begin) / span.output_size;
  const double widening = std::max(scale, 1.0);
  const double support = support_of(kernel) * widening;
  AxisWeights axis;
  for (int i = 0; i < span.output_size; ++i) {
    const double centre = span.begin + (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(centre - support + 0.5));
    const int end = std::min(span.input_size, static_cast<int>(centre + support + 0.5));
    std::vector<double> weights;
    for (int at = begin; at < end; ++at) {
      weights.push_back(value_at(kernel, (at - centre + 0.5) / widening, kCubicWide));
    }
    add_window(axis, begin, std::move(weights));
  }
  return axis;
}

AxisWeights make_plain_weights(int input_size, int output_size, ResizeKernel kernel) {
  CHECK(kernel != ResizeKernel::kLanczos);
  const double scale = static_cast<double>(input_size) / output_size;
  const int reach = static_cast<int>(support_of(kernel));
  AxisWeights axis;
  for (int i = 0; i < output_size; ++i) {
    const double centre = (i + 0.5) * scale - 0.5;
    const int left = static_cast<int>(std::floor(centre));
    const auto inside = [&](int at) { return std::clamp(at, 0, input_size - 1); };
    const int begin = inside(left - reach + 1), end = inside(left + reach) + 1;
    std::vector<double> weights(static_cast<std::size_t>(end - begin));
    for (int at = left - reach + 1; at <= left + reach; ++at) {
      weights[static_cast<std::size_t>(inside(at) - begin)] +=
          value_at(kernel, at - centre, kCubicPlain);
    }
    add_window(axis, begin, std::move(weights));
  }
  return axis;
}

AxisWeights make_nearest_weights(int input_size, int output_size, NearestRule rule) {
  const double scale = static_cast<double>(input_size) / output_size;
  const double offset = rule == NearestRule::kCentre ? 0.5 : 0;
  AxisWeights axis;
  for (int i = 0; i < output_size; ++i) {
    add_window(axis, std::min(static_cast<int>((i + offset) * scale), input_size - 1), {1.0});
  }
  return axis;
}

}  // namespace diptych
