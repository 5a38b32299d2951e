#pragma once
#include "api/services.h"
#include "base/json.h"

namespace diptych {

// What pictures can be drawn with: models, samplers, schedules, upscalers, grammars, limits. From
// the registries; null when this server draws nothing.
Json picture_capabilities(Services& services);

}  // namespace diptych
