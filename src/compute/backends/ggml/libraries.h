#pragma once
// Loads ggml's libraries, once per process: the CPU variant that fits and any device library that
// lies beside it. Words and pictures share them.

#include <cstddef>
#include <string>
#include <vector>

namespace diptych {

struct GgmlDeviceFacts {
  std::string name, description;  // "CPU", "AMD EPYC …"
  std::string kind;               // cpu | gpu | igpu | accel | other
  std::size_t memory_free = 0, memory_total = 0;
};

struct GgmlLibraries {
  std::string folder;   // where they were looked for: $DIPTYCH_BACKENDS, else the build's
  std::string version;  // "ggml 0.25.1 (de3ff815)"
  std::vector<GgmlDeviceFacts> devices;
};

const GgmlLibraries& load_ggml_libraries();

}  // namespace diptych
