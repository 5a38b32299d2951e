#include "image/diffusion/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diptych {
namespace {

// Published with ComfyUI (latent_formats.py: SD15, SDXL): fitted by least squares to decoded
// pictures.
constexpr std::array<std::array<float, 3>, 4> kSd1Factors = {{{0.3512F, 0.2297F, 0.3227F},
                                                              {0.3250F, 0.4974F, 0.2350F},
                                                              {-0.2829F, 0.1762F, 0.2721F},
                                                              {-0.2120F, -0.2616F, -0.7177F}}};
constexpr PreviewRow kRows[] = {
    {"sd1", kSd1Factors, {}},
    {"sd2", kSd1Factors, {}},  // the same latents
    {"sdxl",
     {{{0.3651F, 0.4232F, 0.4341F},
       {-0.2533F, -0.0042F, 0.1068F},
       {0.1076F, 0.1111F, -0.0362F},
       {-0.3165F, -0.2492F, -0.2188F}}},
     {0.1084F, -0.0175F, -0.0011F}},
};
constexpr std::size_t kColours = 3;

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround((std::clamp(value, -1.0, 1.0) + 1) * 127.5));
}

}  // namespace

const PreviewRow* find_preview(std::string_view family) {
  const auto* row = std::ranges::find(kRows, family, &PreviewRow::family);
  return row == std::end(kRows) ? nullptr : row;
}

Result<PreviewPicture> preview_of(const PreviewRow& row, const Tensor64& latents, int index) {
  const Shape& shape = latents.shape;
  if (shape.rank() != 4 || shape[1] != std::ssize(row.factors) || index < 0 || index >= shape[0]) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no preview of picture {} of latents {}: [batch, {}, height, width] is "
                            "wanted",
                            index, shape.to_string(), row.factors.size()));
  }
  const auto pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  const double* first =
      latents.values.data() + static_cast<std::size_t>(index) * row.factors.size() * pixels;
  PreviewPicture picture{static_cast<int>(shape[3]), static_cast<int>(shape[2]), {}};
  picture.rgb.reserve(pixels * kColours);
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::size_t colour = 0; colour < kColours; ++colour) {
      double value = static_cast<double>(row.bias[colour]);
      for (std::size_t channel = 0; channel < row.factors.size(); ++channel) {
        value +=
            first[channel * pixels + pixel] * static_cast<double>(row.factors[channel][colour]);
      }
      picture.rgb.push_back(to_byte(value));
    }
  }
  return picture;
}

}  // namespace diptych
