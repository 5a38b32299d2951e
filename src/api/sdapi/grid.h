#pragma once
#include <vector>

#include "formats/picture.h"

namespace diptych::sdapi {

// All pictures in one, row by row, about as many rows as columns; as large as their number times
// the first. None: an empty picture.
Picture make_grid(const std::vector<Picture>& pictures);

}  // namespace diptych::sdapi
