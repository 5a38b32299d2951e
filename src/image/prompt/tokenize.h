#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace diptych {

// Text → token ids of the model's vocabulary, without start and end tokens, however long.
using Tokenize = std::function<std::vector<int>(std::string_view text)>;

}  // namespace diptych
