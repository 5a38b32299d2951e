#include "base/memory_use.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <string>

namespace diptych {

MemoryUse read_memory_use() {
  MemoryUse use;
  std::uint64_t total_pages = 0, resident_pages = 0;
  const long page_bytes = sysconf(_SC_PAGE_SIZE);
  if (std::ifstream("/proc/self/statm") >> total_pages >> resident_pages && page_bytes > 0)
    use.resident_bytes = resident_pages * static_cast<std::uint64_t>(page_bytes);
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  while (meminfo >> name >> kib) {
    if (name == "MemAvailable:") use.available_bytes = kib * 1024;
    meminfo.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return use;
}

}  // namespace diptych
