#pragma once
#include "api/sdapi/desk.h"
#include "api/services.h"

namespace diptych::sdapi {

// kUnsupported when this server has none.
Result<Desk*> get_desk(Services& services);

}  // namespace diptych::sdapi
