#pragma once
// The live feed as server-sent events: of one job until it ends, or of all that the caller may see.

#include <span>

#include "api/route.h"

namespace diptych {

std::span<const Route> event_routes();

}  // namespace diptych
