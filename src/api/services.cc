#include "api/services.h"

namespace diptych {

Result<PictureServices*> get_pictures(Services& services) {
  if (services.pictures != nullptr) return services.pictures;
  return fail(ErrorCode::kUnsupported, "This server draws no pictures.");
}

}  // namespace diptych
