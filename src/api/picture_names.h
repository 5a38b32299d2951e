#pragma once
// What upscalers of a second pass are called. Apart from the rows that check them: what knows how
// they work knows back ends too.

#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

std::vector<std::string_view> hires_upscaler_names();
Status check_hires_upscaler(std::string_view name);  // the error lists them

}  // namespace diptych
