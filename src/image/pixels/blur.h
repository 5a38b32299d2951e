#pragma once
#include "formats/picture.h"

namespace diptych {

// A true Gaussian in each direction; 0 leaves that direction. radius is the standard deviation in
// pixels; the kernel has 2·int(2.5·radius + 0.5) + 1 taps; edges are mirrored. What A1111 softens
// masks with. Golden: OpenCV 5, exactly.
Picture blur_gaussian(const Picture& picture, double radius_x, double radius_y);

// Three box blurs each way, nearly Gaussian (Gwosdek et al. 2011): its time does not depend on the
// radius. Edges go on beyond the edges. Golden: Pillow 13's GaussianBlur, exactly.
Picture blur_boxes(const Picture& picture, double radius);

}  // namespace diptych
