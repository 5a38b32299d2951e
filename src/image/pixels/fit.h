#pragma once
// Pictures cut out, put in, and made to fit a size of another aspect.

#include <cstdint>

#include "formats/picture.h"
#include "image/pixels/box.h"

namespace diptych {

enum class FitMode : std::uint8_t {  // the numbers of A1111's resize_mode
  kStretch = 0,
  kCrop = 1,  // covers the size, and loses what stands out on two sides
  kFill = 2,  // lies within the size; its edges go on over the rest
};

// With Lanczos. A1111's fourth mode, 3, resizes latents: resize_planes().
Picture fit(const Picture& picture, int width, int height, FitMode mode);

Picture crop(const Picture& picture, const Box& box);  // CHECKs that the box is inside
void paste(Picture& onto, const Picture& picture, int x,
           int y);  // what lies outside is cut off; same channels

}  // namespace diptych
