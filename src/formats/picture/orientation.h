#pragma once
#include "formats/picture.h"

namespace diptych {

// The picture upright, given EXIF's orientation 1 to 8 (Exif 2.3, tag 0x0112).
Picture make_upright(Picture picture, int orientation);

}  // namespace diptych
