#pragma once
// What other programs answer here and this one does not: refused by name.

#include <span>

#include "api/route.h"

namespace diptych::sdapi {

std::span<const Route> absent_routes();

}  // namespace diptych::sdapi
