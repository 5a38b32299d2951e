#pragma once
// Masks: pictures of one channel, white where the picture changes.

#include <optional>

#include "formats/picture.h"
#include "image/pixels/box.h"

namespace diptych {

// The mask of a picture (grey, alpha ignored) in the given size; of another size: the nearest
// pixels.
Picture make_mask(const Picture& picture, int width, int height);
Picture invert_mask(Picture mask);
Picture round_mask(Picture mask);  // above 128 is white, the rest black

// The smallest box around all that is not black, `padding` pixels wider on every side as far as the
// mask goes. Nothing when all is black. (get_crop_region of A1111)
std::optional<Box> find_mask_box(const Picture& mask, int padding);

// Grows the box to the aspect of width × height, moving it where it would leave a picture of the
// given size. (expand_crop_region of A1111)
struct RegionSizes {
  int width = 0, height = 0;                  // what the region will be worked on at
  int picture_width = 0, picture_height = 0;  // where it lies
};
Box expand_to_aspect(const Box& box, const RegionSizes& sizes);

// `over` where the mask is white, `under` where it is black, between them by its level. All of the
// same size.
Picture composite(const Picture& over, const Picture& under, const Picture& mask);

}  // namespace diptych
