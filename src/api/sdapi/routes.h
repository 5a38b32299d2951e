#pragma once
// The routes of A1111's API, and of what its clients ask besides.

#include <span>

#include "api/route.h"

namespace diptych::sdapi {

std::span<const Route> sdapi_routes();

}  // namespace diptych::sdapi
