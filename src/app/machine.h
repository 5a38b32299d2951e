#pragma once
// What doctor asks the operating system.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

std::uint64_t memory_available();              // bytes; 0 when unknown
std::uint64_t memory_installed();              // the same
std::vector<std::string> vector_extensions();  // of the CPU, of those that our kernels can use

// Binds "HOST:PORT" for a moment. kConflict: taken; kInvalidArgument: no such address here.
Status probe_listen(std::string_view listen);

}  // namespace diptych
