#include "image/pixels/blur.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace diptych {
namespace {

using Line = std::vector<std::uint8_t>;

// Calls transform(line in, line out) for every row of every channel.
template <class Transform>
void transform_rows(Picture& picture, const Transform& transform) {
  const auto channels = static_cast<std::size_t>(picture.channels);
  Line in(static_cast<std::size_t>(picture.width)), out(in.size());
  for (int y = 0; y < picture.height; ++y) {
    for (std::size_t c = 0; c < channels; ++c) {
      std::uint8_t* row = picture.row(y) + c;
      for (std::size_t x = 0; x < in.size(); ++x) in[x] = row[x * channels];
      transform(in, out);
      for (std::size_t x = 0; x < in.size(); ++x) row[x * channels] = out[x];
    }
  }
}

Picture transposed(const Picture& picture) {
  Picture result(picture.height, picture.width, picture.channels);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      std::copy_n(picture.row(x) + static_cast<std::size_t>(y) * channels, channels,
                  result.row(y) + static_cast<std::size_t>(x) * channels);
    }
  }
  return result;
}

// In 256ths, as OpenCV has them for 8-bit pictures: what rounding takes from one tap goes to the
// next nearer to the middle, and the middle makes the sum whole.
std::vector<int> gaussian_taps(double radius) {
  constexpr int kWhole = 256;
  const int reach = static_cast<int>(2.5 * radius + 0.5);
  const auto bell = [&](int at) { return std::exp(-0.5 * at * at / (radius * radius)); };
  double sum = 1;
  for (int at = 1; at <= reach; ++at) sum += 2 * bell(at);
  std::vector<int> taps(static_cast<std::size_t>(2 * reach + 1));
  int middle = kWhole;
  double carried = 0;
  for (int at = reach; at > 0; --at) {
    const double exact = bell(at) / sum * kWhole + carried;
    const int tap = static_cast<int>(std::lround(exact));
    carried = exact - tap;
    taps[static_cast<std::size_t>(reach - at)] = taps[static_cast<std::size_t>(reach + at)] = tap;
    middle -= 2 * tap;
  }
  taps[static_cast<std::size_t>(reach)] = middle;
  return taps;
}

// The index mirrored at the edges, which are not repeated: … 2 1 | 0 1 2 … n−1 | n−2 …
int mirrored(int at, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  at = ((at % period) + period) % period;
  return at < size ? at : period - at;
}

void blur_rows(Picture& picture, double radius) {
  if (radius <= 0) return;
  const std::vector<int> taps = gaussian_taps(radius);
  const int reach = static_cast<int>(taps.size() / 2);
  Line wide(static_cast<std::size_t>(picture.width) + 2 * static_cast<std::size_t>(reach));
  transform_rows(picture, [&](const Line& in, Line& out) {
    for (int x = 0; x < static_cast<int>(wide.size()); ++x) {
      wide[static_cast<std::size_t>(x)] =
          in[static_cast<std::size_t>(mirrored(x - reach, picture.width))];
    }
    for (std::size_t x = 0; x < out.size(); ++x) {
      int sum = 128;
      for (std::size_t k = 0; k < taps.size(); ++k) sum += taps[k] * wide[x + k];
      out[x] = static_cast<std::uint8_t>(sum >> 8);
    }
  });
}

// A box of 2·radius + 1 pixels; the part of a pixel at each end counts by the fraction of the
// radius.
class BoxBlur {
 public:
  explicit BoxBlur(double radius)
      : whole_(static_cast<int>(radius)),
        inner_(static_cast<std::uint32_t>((1 << kFractionBits) / (2 * radius + 1))),
        outer_(((1u << kFractionBits) - static_cast<std::uint32_t>(2 * whole_ + 1) * inner_) / 2) {}

  void operator()(const Line& in, Line& out) const {
    const int size = static_cast<int>(in.size());
    const auto at = [&](int x) -> std::uint32_t {
      return in[static_cast<std::size_t>(std::clamp(x, 0, size - 1))];
    };
    std::uint32_t sum = 0;
    for (int x = -whole_; x <= whole_; ++x) sum += at(x);
    for (int x = 0; x < size; ++x) {
      const std::uint32_t ends = at(x - whole_ - 1) + at(x + whole_ + 1);
      out[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(
          (sum * inner_ + ends * outer_ + (1u << (kFractionBits - 1))) >> kFractionBits);
      sum += at(x + whole_ + 1) - at(x - whole_);
    }
  }

 private:
  static constexpr int kFractionBits = 24;
  int whole_;
  std::uint32_t inner_, outer_;
};

// The box whose three-fold blur has the variance of a Gaussian of that radius.
double box_radius(double radius) {
  constexpr double kPasses = 3;
  const double variance = radius * radius / kPasses;
  const double whole = std::floor((std::sqrt(12 * variance + 1) - 1) / 2);
  const double fraction = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) /
                          (6 * (variance - (whole + 1) * (whole + 1)));
  return whole + fraction;
}

void blur_rows_by_boxes(Picture& picture, const BoxBlur& box) {
  transform_rows(picture, [&](Line& in, Line& out) {
    box(in, out);
    box(out, in);
    box(in, out);
  });
}

}  // namespace

Picture blur_gaussian(const Picture& picture, double radius_x, double radius_y) {
  Picture result = picture;
  blur_rows(result, radius_x);
  if (radius_y <= 0) return result;
  result = transposed(result);
  blur_rows(result, radius_y);
  return transposed(result);
}

Picture blur_boxes(const Picture& picture, double radius) {
  Picture result = picture;
  if (radius <= 0) return result;
  const BoxBlur box(box_radius(radius));
  blur_rows_by_boxes(result, box);
  result = transposed(result);
  blur_rows_by_boxes(result, box);
  return transposed(result);
}

}  // namespace diptych
