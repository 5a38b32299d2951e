#pragma once
// Loads ggml's back ends (CPU variants and any device library that lies beside them) and our
// kernels, once per process.

#include <stop_token>
#include <string>
#include <vector>

#include "text/weights/ggml_hook.h"

namespace diptych {

struct DeviceFacts {
  std::string name, description;  // "CPU", "AMD EPYC …"
  std::string kind;               // cpu | gpu | igpu | accel
  std::size_t memory_free = 0, memory_total = 0;
};

struct BackendFacts {
  std::string folder;         // where the libraries were looked for
  std::string llama_version;  // llama.cpp's version and commit
  std::vector<DeviceFacts> devices;
  weights::HookState packed;  // is our weight layout in use, or why not
};

const BackendFacts& load_backends();

// While it lives, what the library reports on this thread after `stop` was requested is not an
// error: we asked for it.
class ExpectedAbort {
 public:
  explicit ExpectedAbort(const std::stop_token& stop);
  ~ExpectedAbort();
  ExpectedAbort(const ExpectedAbort&) = delete;
  ExpectedAbort& operator=(const ExpectedAbort&) = delete;
};

}  // namespace diptych
