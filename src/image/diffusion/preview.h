#pragma once
// A picture of latents without the autoencoder: each pixel a linear function of one latent.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"

namespace diptych {

struct PreviewRow {
  std::string_view family;  // of models whose latents it fits: "sd1", "sdxl"
  // RGB in −1 to 1 is bias + Σ latent channel · factors[channel].
  std::array<std::array<float, 3>, 4> factors;
  std::array<float, 3> bias;
};
const PreviewRow* find_preview(std::string_view family);  // "sd1", "sd2", "sdxl"; else nullptr

struct PreviewPicture {
  int width = 0, height = 0;      // of the latents
  std::vector<std::uint8_t> rgb;  // row by row
};
// One picture of [batch, 4, height, width]. An error names the shape it cannot show.
Result<PreviewPicture> preview_of(const PreviewRow& row, const Tensor64& latents, int index);

}  // namespace diptych
