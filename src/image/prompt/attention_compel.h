#pragma once
// The grammar of compel (InvokeAI, SD.Next's option): weights follow what they weigh. It gives the
// weights; how they are applied is the request's emphasis mode, as for every other grammar.

#include <string_view>

#include "image/prompt/attention.h"

namespace diptych {

Result<ParsedAttention> parse_compel_attention(std::string_view text,
                                               const AttentionReading& options);

}  // namespace diptych
