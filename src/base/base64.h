#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych {
std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(
    std::string_view text);  // strict alphabet and padding; error names the offset
}  // namespace diptych
