#pragma once
#include <span>

#include "api/route.h"

namespace diptych::openai {

std::span<const Route> responses_routes();

}  // namespace diptych::openai
