#include "image/pixels/alpha.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace diptych {
namespace {

std::size_t pixel_count(const Picture& picture) {
  return static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
}

void lay_pixel_over(std::uint8_t* under, const std::uint8_t* over) {
  constexpr unsigned kFraction = 7;  // bits
  if (over[3] == 0) return;
  const unsigned over_alpha = over[3];
  const unsigned alpha_255 = over_alpha * 255 + under[3] * (255 - over_alpha);
  const unsigned over_share = over_alpha * 255 * 255 * (1u << kFraction) / alpha_255;
  const unsigned under_share = 255 * (1u << kFraction) - over_share;
  for (int c = 0; c < 3; ++c) {
    const unsigned sum = over[c] * over_share + under[c] * under_share + (0x80u << kFraction);
    under[c] = static_cast<std::uint8_t>((((sum >> 8) + sum) >> 8) >> kFraction);
  }
  under[3] = divide_by_255(alpha_255);
}

}  // namespace

Picture premultiplied(Picture picture) {
  CHECK(picture.channels == 4);
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    const unsigned alpha = picture.pixels[i + 3];
    for (std::size_t c = i; c < i + 3; ++c) {
      picture.pixels[c] = divide_by_255(picture.pixels[c] * alpha);
    }
  }
  return picture;
}

Picture unpremultiplied(Picture picture) {
  CHECK(picture.channels == 4);
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    const unsigned alpha = picture.pixels[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (std::size_t c = i; c < i + 3; ++c) {
      picture.pixels[c] =
          static_cast<std::uint8_t>(std::min(255u, 255u * picture.pixels[c] / alpha));
    }
  }
  return picture;
}

void lay_over(Picture& under, const Picture& over) {
  CHECK(under.channels == 4 && over.channels == 4 && under.pixels.size() == over.pixels.size());
  for (std::size_t i = 0; i < under.pixels.size(); i += 4) {
    lay_pixel_over(&under.pixels[i], &over.pixels[i]);
  }
}

Picture to_rgb(const Picture& picture, const Colour& background) {
  if (picture.channels == 3) return picture;
  Picture rgb(picture.width, picture.height, 3);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (std::size_t i = 0; i < pixel_count(picture); ++i) {
    const std::uint8_t* from = &picture.pixels[i * channels];
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned alpha = channels == 4 ? from[3] : 255;
      const unsigned value = channels == 4 ? from[c] : from[0];
      rgb.pixels[3 * i + c] = divide_by_255(value * alpha + background[c] * (255 - alpha));
    }
  }
  return rgb;
}

Picture to_grey(const Picture& picture) {
  if (picture.channels == 1) return picture;
  Picture grey(picture.width, picture.height, 1);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (std::size_t i = 0; i < pixel_count(picture); ++i) {
    const std::uint8_t* rgb = &picture.pixels[i * channels];
    // 0.299, 0.587, 0.114 in 16 bits
    grey.pixels[i] = static_cast<std::uint8_t>(
        (rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
  }
  return grey;
}

}  // namespace diptych
