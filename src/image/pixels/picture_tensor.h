#pragma once
// Pictures as tensors, and back.

#include "compute/tensor.h"
#include "formats/picture.h"

namespace diptych {

// [1, 3, height, width] from −1 to 1; grey becomes RGB. Alpha must be gone (to_rgb()).
Tensor picture_to_tensor(const Picture& picture);
// Of one image of [batch, 3, height, width]: clamped and rounded to the nearest level; what is not
// a number is black.
Picture tensor_to_picture(const Tensor& tensor, int image = 0);

// [1, 1, height, width] from 0 to 1.
Tensor mask_to_tensor(const Picture& mask);
Picture tensor_to_mask(const Tensor& tensor);

}  // namespace diptych
