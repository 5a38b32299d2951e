#pragma once
// GET /health and GET /metrics: memory look-ups only, answered while every slot is busy.

#include "api/call.h"
#include "api/services.h"

namespace diptych {

Result<Reply> get_health(const Call& call, Services& services);
Result<Reply> get_metrics(const Call& call, Services& services);

}  // namespace diptych
