#pragma once
// Adds our kernels to ggml's libraries, once per process.

#include <stop_token>
#include <string>
#include <vector>

#include "compute/backends/ggml/libraries.h"
#include "text/weights/ggml_hook.h"

namespace diptych {

struct BackendFacts {
  std::string folder;         // where the libraries were looked for
  std::string llama_version;  // llama.cpp's version and commit
  std::vector<GgmlDeviceFacts> devices;
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
