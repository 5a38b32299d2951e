#pragma once
// Small pictures of large ones.

#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {

struct Thumbnail {
  std::string bytes, content_type;  // JPEG; PNG where there is transparency
};

// Fitted into side × side, never larger than the picture. Errors: as decode_picture().
Result<Thumbnail> make_thumbnail(std::string_view file, int side);

}  // namespace diptych
