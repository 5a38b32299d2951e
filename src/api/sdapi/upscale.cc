#include "api/sdapi/upscale.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "image/pipeline/hires.h"
#include "image/pixels/fit.h"
#include "image/pixels/resize.h"

namespace diptych::sdapi {
namespace {

constexpr std::string_view kNone = "None";

Result<ResizeFilter> get_filter(std::string_view name, std::string_view path) {
  std::vector<std::string_view> names = {kNone};
  for (const HiresUpscalerRow& row : hires_upscalers()) {
    if (row.latent) continue;
    if (row.name == name) return row.pixels;
    names.push_back(row.name);
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("There is no upscaler '{}'; there are {}.", name, fmt::join(names, ", ")),
              std::string(path));
}

bool is_none(std::string_view name) { return name.empty() || name == kNone; }

struct Size {
  int width = 0, height = 0;
};

// Before cropping: by the factor, or so that it covers the size wanted.
Result<Size> size_of(const Picture& picture, const Upscale& how) {
  const double factor = how.mode == UpscaleMode::kFactor
                            ? how.factor
                            : std::max(static_cast<double>(how.width) / picture.width,
                                       static_cast<double>(how.height) / picture.height);
  const double width = std::max(1.0, std::round(picture.width * factor));
  const double height = std::max(1.0, std::round(picture.height * factor));
  if (width * height <= static_cast<double>(how.pixels_max))
    return Size{static_cast<int>(width), static_cast<int>(height)};
  const std::string_view path =
      how.mode == UpscaleMode::kFactor ? "upscaling_resize" : "upscaling_resize_w";
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{:.0f}x{:.0f} pixels would be more than the {} that are allowed.", width,
                          height, how.pixels_max),
              std::string(path));
}

// (1 − share) · a + share · b, rounded.
Picture blend(Picture a, const Picture& b, double share) {
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    a.pixels[i] =
        static_cast<std::uint8_t>(std::lround((1 - share) * a.pixels[i] + share * b.pixels[i]));
  return a;
}

Picture crop_middle(const Picture& picture, int width, int height) {
  Picture middle(width, height, picture.channels);
  paste(middle, picture, width / 2 - picture.width / 2, height / 2 - picture.height / 2);
  return middle;
}

}  // namespace

Result<Picture> upscale(const Picture& picture, const Upscale& how) {
  if (is_none(how.first)) {
    if (!is_none(how.second)) TRY_STATUS(get_filter(how.second, "upscaler_2"));
    return picture;
  }
  TRY(const ResizeFilter first, get_filter(how.first, "upscaler_1"));
  TRY(const Size size, size_of(picture, how));
  Picture result = resize(picture, size.width, size.height, first);
  if (!is_none(how.second)) {
    TRY(const ResizeFilter second, get_filter(how.second, "upscaler_2"));
    if (how.second_share > 0)
      result = blend(std::move(result), resize(picture, size.width, size.height, second),
                     how.second_share);
  }
  if (how.mode == UpscaleMode::kSize && how.crop)
    result = crop_middle(result, how.width, how.height);
  return result;
}

std::string describe(const Upscale& how) {
  if (is_none(how.first)) return {};
  std::string text = how.mode == UpscaleMode::kFactor
                         ? fmt::format("Postprocess upscale by: {}", how.factor)
                         : fmt::format("Postprocess upscale to: {}x{}", how.width, how.height);
  if (how.mode == UpscaleMode::kSize && how.crop) text += ", Postprocess crop to: True";
  text += fmt::format(", Postprocess upscaler: {}", how.first);
  if (!is_none(how.second) && how.second_share > 0)
    text += fmt::format(", Postprocess upscaler 2: {}", how.second);
  return text;
}

}  // namespace diptych::sdapi
