#pragma once
// The two grammars with brackets: kA1111 and kNative.

#include <string_view>

#include "image/prompt/attention.h"

namespace diptych {

Result<ParsedAttention> parse_bracket_attention(std::string_view text,
                                                const AttentionReading& options);

}  // namespace diptych
