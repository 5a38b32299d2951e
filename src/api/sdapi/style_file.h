#pragma once
// styles.csv as A1111 writes it: name, prompt, negative_prompt; RFC 4180 quoting.

#include <string_view>
#include <vector>

#include "image/prompt/styles.h"

namespace diptych::sdapi {

// The first line names the columns, in any order; other columns are passed over, and rows without
// a name. Never fails: what is no table has no styles.
std::vector<PromptStyle> parse_style_file(std::string_view text);

}  // namespace diptych::sdapi
