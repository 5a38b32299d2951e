#pragma once
#include <cstdint>

namespace diptych {

struct MemoryUse {                    // bytes; 0: unknown
  std::uint64_t resident_bytes = 0;   // of this process
  std::uint64_t available_bytes = 0;  // of the machine, for new work without swapping
};
MemoryUse read_memory_use();  // what the kernel says now

}  // namespace diptych
