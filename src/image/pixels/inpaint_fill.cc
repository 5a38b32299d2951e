#include "image/pixels/inpaint_fill.h"

#include <cstddef>

#include "base/check.h"
#include "image/pixels/alpha.h"
#include "image/pixels/blur.h"

namespace diptych {
namespace {

struct Layer {
  int radius, times;
};
constexpr Layer kLayers[] = {{256, 1}, {64, 1}, {16, 2}, {4, 4}, {2, 2}, {0, 1}};

// RGBA with premultiplied colours, transparent where the mask is white.
Picture known_part(const Picture& picture, const Picture& mask) {
  Picture known(picture.width, picture.height, 4);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const unsigned opacity = 255u - mask.pixels[i];
    for (std::size_t c = 0; c < 3; ++c) {
      known.pixels[4 * i + c] = divide_by_255(picture.pixels[3 * i + c] * opacity);
    }
    known.pixels[4 * i + 3] = static_cast<std::uint8_t>(opacity);
  }
  return known;
}

}  // namespace

Picture fill_from_surroundings(const Picture& picture, const Picture& mask) {
  CHECK(picture.channels == 3 && mask.channels == 1);
  CHECK(mask.width == picture.width && mask.height == picture.height);
  const Picture known = known_part(picture, mask);
  Picture layers(picture.width, picture.height, 4);
  for (const Layer& layer : kLayers) {
    const Picture blurred = unpremultiplied(blur_boxes(known, layer.radius));
    for (int i = 0; i < layer.times; ++i) lay_over(layers, blurred);
  }
  Picture filled(picture.width, picture.height, 3);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) filled.pixels[3 * i + c] = layers.pixels[4 * i + c];
  }
  return filled;
}

}  // namespace diptych
