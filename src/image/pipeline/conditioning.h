#pragma once
// What a UNet is told of the prompt.

#include <string>
#include <vector>

#include "compute/tensor.h"

namespace diptych {

struct Conditioning {
  Tensor context;  // [tokens, channels]; 77 tokens a chunk
  Tensor pooled;   // [channels]; empty: the model takes none
};

}  // namespace diptych
