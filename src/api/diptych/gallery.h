#pragma once
// /api/v1/gallery: finished pictures, searched, shown small, fetched, deleted.

#include <span>

#include "api/route.h"

namespace diptych {

std::span<const Route> gallery_routes();

}  // namespace diptych
