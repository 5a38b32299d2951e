#pragma once
// What this server offers: GET /openapi.json and GET /api/v1/capabilities, both written from the
// route and field tables.

#include <span>

#include "api/call.h"
#include "api/route.h"
#include "api/services.h"
#include "base/json.h"

namespace diptych {

Json openapi_document(std::span<const Route> routes);

Result<Reply> get_openapi(const Call& call, Services& services);
Result<Reply> get_capabilities(const Call& call, Services& services);

}  // namespace diptych
