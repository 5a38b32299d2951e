#include "image/pipeline/hires.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "image/pipeline/autoencode.h"
#include "image/pixels/picture_tensor.h"

namespace diptych {
namespace {

constexpr HiresUpscalerRow kRows[] = {
    {"Latent", true, {PlaneFilter::kBilinear, false}, {}},
    {"Latent (antialiased)", true, {PlaneFilter::kBilinear, true}, {}},
    {"Latent (bicubic)", true, {PlaneFilter::kBicubic, false}, {}},
    {"Latent (bicubic antialiased)", true, {PlaneFilter::kBicubic, true}, {}},
    {"Latent (nearest)", true, {PlaneFilter::kNearest, false}, {}},
    {"Latent (nearest-exact)", true, {PlaneFilter::kNearestExact, false}, {}},
    {"Lanczos", false, {}, ResizeFilter::kLanczos},
    {"Nearest", false, {}, ResizeFilter::kNearest},
    {"Bicubic", false, {}, ResizeFilter::kBicubic},
};

Result<Tensor> upscale_pixels(PictureModel& model, const Tensor& latents, const Hires& hires,
                              ResizeFilter filter, const std::stop_token& stop) {
  TRY(const Tensor images, decode_latents(model, latents, {}, stop));
  Tensor larger(Shape{images.shape[0], 3, hires.height, hires.width});
  auto to = larger.values.begin();
  for (std::int64_t i = 0; i < images.shape[0]; ++i) {
    const Picture picture = tensor_to_picture(images, static_cast<int>(i));
    const Tensor one = picture_to_tensor(resize(picture, hires.width, hires.height, filter));
    to = std::ranges::copy(one.values, to).out;
  }
  return encode_image(model, larger, {}, {}, stop);
}

}  // namespace

std::span<const HiresUpscalerRow> hires_upscalers() { return kRows; }

Result<const HiresUpscalerRow*> get_hires_upscaler(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &HiresUpscalerRow::name);
  if (row != std::end(kRows)) return &*row;
  std::vector<std::string_view> names;
  for (const HiresUpscalerRow& known : kRows) names.push_back(known.name);
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no upscaler '{}'; there are {}", name, fmt::join(names, ", ")),
              "hr_upscaler");
}

Result<Tensor64> upscale_latents(PictureModel& model, const Tensor64& latents, const Hires& hires,
                                 const std::stop_token& stop) {
  TRY(const HiresUpscalerRow* const row, get_hires_upscaler(hires.upscaler));
  const int factor = model.vae_config().reduction();
  const Tensor from = cast_tensor<float>(latents);
  if (row->latent)
    return cast_tensor<double>(
        resize_planes(from, hires.height / factor, hires.width / factor, row->planes));
  TRY(const Tensor larger, upscale_pixels(model, from, hires, row->pixels, stop));
  return cast_tensor<double>(larger);
}

}  // namespace diptych
