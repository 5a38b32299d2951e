#pragma once

#include "base/error.h"

namespace diptych {

// Adds a warning once; after 64 different ones, one that says that more were left out.
void add_warning(Warnings& warnings, Warning warning);

}  // namespace diptych
