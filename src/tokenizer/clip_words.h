#pragma once
#include <string_view>
#include <vector>

namespace diptych {

// The words of a normalised text: contractions ('s 't 're 've 'm 'll 'd), runs of letters, single
// digits, runs of anything else that is not white space.
std::vector<std::string_view> split_clip_words(std::string_view normalized);

}  // namespace diptych
