#include "image/pixels/picture_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "image/pixels/alpha.h"

namespace diptych {
namespace {

std::uint8_t to_level(float zero_to_one) {
  if (!(zero_to_one > 0)) return 0;  // also not-a-number
  return static_cast<std::uint8_t>(std::lround(std::min(zero_to_one, 1.0f) * 255.0f));
}

}  // namespace

Tensor picture_to_tensor(const Picture& picture) {
  CHECK(picture.channels == 1 || picture.channels == 3);
  const Picture rgb = to_rgb(picture);
  Tensor tensor(Shape{1, 3, rgb.height, rgb.width});
  const std::size_t plane = tensor.size() / 3;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      tensor[c * plane + i] = static_cast<float>(rgb.pixels[3 * i + c]) / 127.5f - 1.0f;
    }
  }
  return tensor;
}

Picture tensor_to_picture(const Tensor& tensor, int image) {
  CHECK(tensor.shape.rank() == 4 && tensor.shape[1] == 3 && image < tensor.shape[0]);
  Picture picture(static_cast<int>(tensor.shape[3]), static_cast<int>(tensor.shape[2]), 3);
  const std::size_t plane = picture.pixels.size() / 3;
  const float* values = tensor.values.data() + static_cast<std::size_t>(image) * 3 * plane;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      picture.pixels[3 * i + c] = to_level(values[c * plane + i] / 2 + 0.5f);
    }
  }
  return picture;
}

Tensor mask_to_tensor(const Picture& mask) {
  CHECK(mask.channels == 1);
  Tensor tensor(Shape{1, 1, mask.height, mask.width});
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = static_cast<float>(mask.pixels[i]) / 255.0f;
  }
  return tensor;
}

Picture tensor_to_mask(const Tensor& tensor) {
  CHECK(tensor.shape.rank() == 4 && tensor.shape[0] == 1 && tensor.shape[1] == 1);
  Picture mask(static_cast<int>(tensor.shape[3]), static_cast<int>(tensor.shape[2]), 1);
  std::ranges::transform(tensor.values, mask.pixels.begin(), to_level);
  return mask;
}

}  // namespace diptych
