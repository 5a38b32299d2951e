#pragma once
#include "formats/picture.h"

namespace diptych {

// The picture (RGB) with what the mask covers replaced by the colours around it: blurs of falling
// radius laid over each other. `fill` of A1111's masked content. Golden: the same from Pillow 13,
// exactly.
Picture fill_from_surroundings(const Picture& picture, const Picture& mask);

}  // namespace diptych
