#pragma once
// Puts our weight layout and attention under ggml's CPU back end, through the hook that its own
// repacked layouts use (an "extra buffer type"). ggml then offers every weight to us first, and
// asks us before it computes any op.

#include <cstdint>
#include <string>

#include "base/error.h"

namespace diptych::weights {

struct HookState {
  bool active = false;
  std::string reason;      // why not, or which kernel
  bool attention = false;  // the fast attention may be used too
};

// Call once, after the back ends are loaded and before any model is. Never fails: without it ggml's
// own kernels run. The hook reaches into ggml's private ABI, so it stays off unless the loaded
// library is the one it was written for.
const HookState& install_ggml_hook();

// For the models loaded from now on: may weights be rounded to a faster layout? Off at first.
void allow_inexact_layouts(bool allow);

struct PackedUse {  // for `models info`, doctor and the log
  std::int64_t tensors = 0;
  std::int64_t bytes = 0;
};
PackedUse packed_use();  // by all loaded models of this process

}  // namespace diptych::weights
