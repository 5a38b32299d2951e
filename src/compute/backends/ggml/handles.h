#pragma once
// Owners of ggml's objects.

#include <ggml-backend.h>
#include <ggml.h>

#include <memory>

namespace diptych {

template <auto release>
struct GgmlRelease {
  template <class Handle>
  void operator()(Handle* handle) const {
    release(handle);
  }
};
using GgmlContextPtr = std::unique_ptr<ggml_context, GgmlRelease<ggml_free>>;
using GgmlStreamPtr = std::unique_ptr<ggml_backend, GgmlRelease<ggml_backend_free>>;
using GgmlBufferPtr = std::unique_ptr<ggml_backend_buffer, GgmlRelease<ggml_backend_buffer_free>>;
using GgmlSchedPtr = std::unique_ptr<ggml_backend_sched, GgmlRelease<ggml_backend_sched_free>>;

// Metadata of tensors only; their data lies in buffers.
inline GgmlContextPtr make_ggml_context(std::size_t bytes) {
  return GgmlContextPtr(ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = true}));
}

}  // namespace diptych
