#pragma once
#include <string>

#include "image/models/checkpoint.h"

namespace diptych {

// The same for parts of the same weights and config, also through links and in several models; of a
// file that was changed another. Hex digits.
std::string identity_of(const ModelPart& part);

}  // namespace diptych
