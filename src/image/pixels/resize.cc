#include "image/pixels/resize.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "image/pixels/alpha.h"
#include "image/pixels/resize_weights.h"

namespace diptych {
namespace {

struct FilterRow {
  ResizeFilter filter;
  std::string_view name;  // lower-case
  ResizeKernel kernel;
};
constexpr std::array kFilters{
    FilterRow{ResizeFilter::kNearest, "nearest",
              ResizeKernel::kBilinear},  // its kernel is not used
    FilterRow{ResizeFilter::kBilinear, "bilinear", ResizeKernel::kBilinear},
    FilterRow{ResizeFilter::kBicubic, "bicubic", ResizeKernel::kBicubic},
    FilterRow{ResizeFilter::kLanczos, "lanczos", ResizeKernel::kLanczos},
};

// Weights as integers: 8 bits of value, 2 of sign and overshoot and 22 of fraction fill an int.
constexpr int kFractionBits = 22;

std::vector<int> fixed_point(const std::vector<double>& weights) {
  std::vector<int> fixed;
  fixed.reserve(weights.size());
  for (const double weight : weights) {
    fixed.push_back(static_cast<int>(std::round(weight * (1 << kFractionBits))));
  }
  return fixed;
}

std::uint8_t to_level(int sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

// Σ weights × values, each `stride` bytes after the one before.
std::uint8_t weighted(const std::uint8_t* values, std::size_t stride, const int* weights,
                      int count) {
  int sum = 1 << (kFractionBits - 1);
  for (int k = 0; k < count; ++k) sum += weights[k] * values[static_cast<std::size_t>(k) * stride];
  return to_level(sum);
}

Picture resize_rows(const Picture& from, const AxisWeights& axis) {
  const std::vector<int> weights = fixed_point(axis.weights);
  Picture to(static_cast<int>(axis.windows.size()), from.height, from.channels);
  const auto channels = static_cast<std::size_t>(from.channels);
  for (int y = 0; y < from.height; ++y) {
    std::uint8_t* out = to.row(y);
    for (const auto& window : axis.windows) {
      const std::uint8_t* in = from.row(y) + static_cast<std::size_t>(window.begin) * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        *out++ = weighted(in + c, channels, &weights[window.first_weight], window.count);
      }
    }
  }
  return to;
}

Picture resize_columns(const Picture& from, const AxisWeights& axis) {
  const std::vector<int> weights = fixed_point(axis.weights);
  Picture to(from.width, static_cast<int>(axis.windows.size()), from.channels);
  for (int y = 0; y < to.height; ++y) {
    const auto& window = axis.windows[static_cast<std::size_t>(y)];
    const std::uint8_t* in = from.row(window.begin);
    for (std::size_t x = 0; x < to.row_bytes(); ++x) {
      to.row(y)[x] =
          weighted(in + x, from.row_bytes(), &weights[window.first_weight], window.count);
    }
  }
  return to;
}

AxisWeights weights_for(const AxisSpan& span, ResizeFilter filter) {
  if (filter == ResizeFilter::kNearest) {
    return make_nearest_weights(span.input_size, span.output_size, NearestRule::kCentre);
  }
  return make_antialiased_weights(span,
                                  std::ranges::find(kFilters, filter, &FilterRow::filter)->kernel);
}

bool changes(const AxisSpan& span) {
  return span.output_size != span.input_size || span.begin != 0 || span.end != span.input_size;
}

AxisWeights weights_for_planes(int from, int to, const PlaneResize& options) {
  if (options.filter == PlaneFilter::kNearest)
    return make_nearest_weights(from, to, NearestRule::kCorner);
  if (options.filter == PlaneFilter::kNearestExact)
    return make_nearest_weights(from, to, NearestRule::kCentre);
  const ResizeKernel kernel =
      options.filter == PlaneFilter::kBilinear ? ResizeKernel::kBilinear : ResizeKernel::kBicubic;
  if (!options.antialias) return make_plain_weights(from, to, kernel);
  return make_antialiased_weights({from, to, 0, static_cast<double>(from)}, kernel);
}

// to[i] = Σ weights × from, both with `stride` elements between neighbours.
void resize_line(const float* from, float* to, std::size_t stride, const AxisWeights& axis) {
  for (const auto& window : axis.windows) {
    double sum = 0;
    for (int k = 0; k < window.count; ++k) {
      sum += axis.weights[window.first_weight + static_cast<std::size_t>(k)] *
             double{from[static_cast<std::size_t>(window.begin + k) * stride]};
    }
    *to = static_cast<float>(sum);
    to += stride;
  }
}

}  // namespace

std::optional<ResizeFilter> find_resize_filter(std::string_view name) {
  const auto same = [&](const FilterRow& row) {
    return std::ranges::equal(row.name, name, {}, {}, [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
  };
  const auto* found = std::ranges::find_if(kFilters, same);
  if (found == kFilters.end()) return std::nullopt;
  return found->filter;
}

Picture resize(const Picture& picture, int width, int height, ResizeFilter filter) {
  return resize_part(picture, {0, 0, picture.width, picture.height}, width, height, filter);
}

Picture resize_part(const Picture& picture, const Box& part, int width, int height,
                    ResizeFilter filter) {
  CHECK(picture.width > 0 && picture.height > 0 && width > 0 && height > 0);
  const AxisSpan across{picture.width, width, double(part.x1), double(part.x2)};
  const AxisSpan down{picture.height, height, double(part.y1), double(part.y2)};
  if (!changes(across) && !changes(down)) return picture;
  const bool through_alpha = picture.channels == 4 && filter != ResizeFilter::kNearest;
  Picture result = through_alpha ? premultiplied(picture) : picture;
  if (changes(across)) result = resize_rows(result, weights_for(across, filter));
  if (changes(down)) result = resize_columns(result, weights_for(down, filter));
  return through_alpha ? unpremultiplied(std::move(result)) : result;
}

Tensor resize_planes(const Tensor& planes, int height, int width, const PlaneResize& options) {
  CHECK(planes.shape.rank() == 4 && height > 0 && width > 0);
  const auto plane_count = static_cast<std::size_t>(planes.shape[0] * planes.shape[1]);
  const auto from_height = static_cast<std::size_t>(planes.shape[2]),
             from_width = static_cast<std::size_t>(planes.shape[3]);
  const auto to_height = static_cast<std::size_t>(height),
             to_width = static_cast<std::size_t>(width);
  const AxisWeights across = weights_for_planes(static_cast<int>(from_width), width, options);
  const AxisWeights down = weights_for_planes(static_cast<int>(from_height), height, options);
  Tensor wide(Shape{planes.shape[0], planes.shape[1], planes.shape[2], width});
  for (std::size_t row = 0; row < plane_count * from_height; ++row) {
    resize_line(&planes.values[row * from_width], &wide.values[row * to_width], 1, across);
  }
  Tensor result(Shape{planes.shape[0], planes.shape[1], height, width});
  for (std::size_t plane = 0; plane < plane_count; ++plane) {
    for (std::size_t x = 0; x < to_width; ++x) {
      resize_line(&wide.values[plane * from_height * to_width + x],
                  &result.values[plane * to_height * to_width + x], to_width, down);
    }
  }
  return result;
}

}  // namespace diptych
