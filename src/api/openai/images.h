#pragma once
// /v1/images: generations, edits, variations.

#include <span>

#include "api/route.h"

namespace diptych::openai {

std::span<const Route> images_routes();

}  // namespace diptych::openai
