#pragma once
#include <string>

#include "base/json.h"

namespace diptych {

// What a command found or did, for people and for scripts.
struct Report {
  std::string text;  // ends with a newline
  Json json;
  bool good = true;  // false: exit code 1, e.g. a failed check
};

std::string human_size(std::uint64_t bytes);        // "91.7 MiB"
std::string human_time(std::int64_t unix_seconds);  // "2026-01-31 12:00" UTC

}  // namespace diptych
