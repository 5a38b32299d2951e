#pragma once
// oneDNN throws; nothing of ours does.

#include <fmt/format.h>

#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "base/error.h"

namespace diptych::onednn {

// Calls `work`, which returns a Result, and makes an Error of what it throws.
template <class Work>
auto guarded(std::string_view what, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, fmt::format("{}: out of memory", what));
  } catch (const dnnl::error& error) {
    const bool memory = error.status == dnnl_out_of_memory;
    return fail(memory ? ErrorCode::kOutOfMemory : ErrorCode::kInternal,
                fmt::format("{}: oneDNN: {}", what, error.what()));
  }
}

}  // namespace diptych::onednn
