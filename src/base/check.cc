#include "base/check.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace diptych {

// Straight to stderr: the logger may be what is broken.
void check_failed(const char* condition, const char* file, int line) {
  fmt::print(stderr, "{}:{}: CHECK failed: {}\n", file, line, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace diptych
