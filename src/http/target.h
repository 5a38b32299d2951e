#pragma once
// The request target, taken apart and percent-decoded once.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace diptych {

struct Target {
  std::vector<std::string> segments;  // decoded: "/v1/models/a%2Fb" → "v1", "models", "a/b"
  std::vector<std::pair<std::string, std::string>> query;

  std::string path() const;  // "/v1/models/a/b"
};

// Takes origin form ("/path?query") and absolute form ("http://host/path"). kInvalidArgument: bad
// escapes, NUL and other control characters, bytes that are not UTF-8, segments "." and "..", more
// than 256 query parameters.
Result<Target> parse_target(std::string_view target);

std::string_view without_query(std::string_view target);  // for logs

}  // namespace diptych
