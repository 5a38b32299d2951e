#pragma once
// Text to option value and back. For base/config*.cc only.

#include <string>
#include <string_view>

#include "base/config.h"

namespace diptych {

// Sets the row's target. The error's message is only what is wrong with the value: "must be 1 to
// 64".
Status set_from_text(const ConfigRow& row, std::string_view text);

bool is_written_in_quotes(const ConfigRow& row, bool quoted);  // whether TOML may write it so

}  // namespace diptych
