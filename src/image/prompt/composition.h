#pragma once
// Prompts joined by AND: guidance is u + w·Σ weight_k·(c_k − u) over their parts.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

struct ComposedText {
  std::string text;  // without white space at its end
  double weight = 1;
};

// Splits at the upper-case word AND; a part may end in `:weight`, also the only one. Errors
// (kInvalidArgument): more than kPromptPartsMax parts, a weight beyond kPromptWeightMax.
Result<std::vector<ComposedText>> split_composition(std::string_view text, std::string_view param);

}  // namespace diptych
