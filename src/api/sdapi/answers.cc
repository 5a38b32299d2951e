#include "api/sdapi/answers.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace diptych::sdapi {

Reply json_answer(const Json& body) { return Answer{.body = dump_json(body)}; }
Reply empty_answer() { return Answer{.body = "{}"}; }
Reply null_answer() { return Answer{.body = "null"}; }

std::string compact_time(std::int64_t unix_ms) {
  return fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

}  // namespace diptych::sdapi
