#include "api/sdapi/machine.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "api/sdapi/answers.h"

namespace diptych::sdapi {
namespace {

// "MemTotal:  123 kB" of a file under /proc, in bytes; 0 when it is not there.
std::uint64_t read_kib(const char* file, std::string_view name) {
  constexpr std::uint64_t kKiB = 1024;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kib = 0;
    if (words >> key >> kib && key == name) return kib * kKiB;
  }
  return 0;
}

}  // namespace

Result<Reply> get_memory(const Call&, Services&) {
  const Json ram = Json::object({{"free", read_kib("/proc/meminfo", "MemAvailable:")},
                                 {"used", read_kib("/proc/self/status", "VmRSS:")},
                                 {"total", read_kib("/proc/meminfo", "MemTotal:")}});
  const Json cuda = Json::object({{"error", "unavailable"}});
  return json_answer(Json::object({{"ram", ram}, {"cuda", cuda}}));
}

Result<Reply> get_version(const Call&, Services&) {
  return json_answer(Json::object({{"app", "diptych"},
                                   {"version", DIPTYCH_VERSION},
                                   {"features", Json::array({"txt2img", "img2img", "inpaint",
                                                             "hires", "extras", "png-info"})}}));
}

Result<Reply> say_nothing(const Call&, Services&) { return empty_answer(); }
Result<Reply> say_no_words(const Call&, Services&) { return json_answer(""); }

}  // namespace diptych::sdapi
