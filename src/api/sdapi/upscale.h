#pragma once
// A picture made larger by the upscalers that need no network.

#include <cstdint>
#include <string>

#include "base/error.h"
#include "formats/picture.h"

namespace diptych::sdapi {

enum class UpscaleMode : std::uint8_t { kFactor, kSize };

struct Upscale {
  UpscaleMode mode = UpscaleMode::kFactor;
  double factor = 2;
  int width = 512, height = 512;
  bool crop = true;  // kSize: cut what stands out of width × height
  std::string first = "None", second = "None";
  double second_share = 0;  // 0 … 1, of the mixture
  std::uint64_t pixels_max = 0;
};

// "None" leaves the picture as it is. Errors: kNotFound for an upscaler that is not there (param
// upscaler_1 or upscaler_2); kInvalidArgument for a result beyond pixels_max.
Result<Picture> upscale(const Picture& picture, const Upscale& how);

std::string describe(const Upscale& how);  // as A1111 writes it into files; "": nothing was done

}  // namespace diptych::sdapi
