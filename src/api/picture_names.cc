#include "api/picture_names.h"

#include "image/pipeline/hires.h"

namespace diptych {

std::vector<std::string_view> hires_upscaler_names() {
  std::vector<std::string_view> names;
  for (const HiresUpscalerRow& row : hires_upscalers()) names.push_back(row.name);
  return names;
}

Status check_hires_upscaler(std::string_view name) {
  TRY(const HiresUpscalerRow* row, get_hires_upscaler(name));
  static_cast<void>(row);
  return {};
}

}  // namespace diptych
