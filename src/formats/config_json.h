#pragma once
// JSON files that lie beside weights, as Python's json module writes them.

#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace diptych {

// Strict JSON, and besides it Python's NaN, Infinity and -Infinity: they become null. Must be an
// object.
Result<Json> parse_config_json(std::string_view text);

// A file of at most `bytes_max`. Errors name it.
Result<Json> read_config_json(const Path& path, std::size_t bytes_max = std::size_t{1} << 20);

}  // namespace diptych
