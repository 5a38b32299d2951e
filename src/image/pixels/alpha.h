#pragma once
// Alpha and compositing in 8 bits, rounded as Pillow does.

#include <array>
#include <cstdint>

#include "formats/picture.h"

namespace diptych {

// x / 255, rounded, for 0 ≤ x ≤ 255 × 255.
constexpr std::uint8_t divide_by_255(unsigned x) {
  x += 128;
  return static_cast<std::uint8_t>(((x >> 8) + x) >> 8);
}

// Of RGBA: colours times alpha, and back (colours of invisible pixels stay as they are).
Picture premultiplied(Picture picture);
Picture unpremultiplied(Picture picture);

// Lays RGBA over RGBA of the same size.
void lay_over(Picture& under, const Picture& over);

using Colour = std::array<std::uint8_t, 3>;
// Grey, RGB or RGBA as RGB; what is transparent lets the background through.
Picture to_rgb(const Picture& picture, const Colour& background = {255, 255, 255});
// RGBA's alpha is dropped. Luma of ITU-R 601.
Picture to_grey(const Picture& picture);

}  // namespace diptych
