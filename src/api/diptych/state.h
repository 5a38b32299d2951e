#pragma once
#include "api/route.h"

namespace diptych {

// GET /api/v1/state: what waits, what runs, which models are in memory, and how much is left.
Result<Reply> get_state(const Call& call, Services& services);

}  // namespace diptych
