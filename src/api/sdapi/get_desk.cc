#include "api/sdapi/get_desk.h"

namespace diptych::sdapi {

Result<Desk*> get_desk(Services& services) {
  if (services.sdapi != nullptr) return services.sdapi;
  return fail(ErrorCode::kUnsupported, "This server has no /sdapi.");
}

}  // namespace diptych::sdapi
