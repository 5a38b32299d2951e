#pragma once
// OpenVINO throws; nothing of ours does.

#include <fmt/format.h>

#include <new>
#include <openvino/core/except.hpp>
#include <openvino/runtime/exception.hpp>

#include "base/error.h"

namespace diptych::openvino {

// Calls `work`, which returns a Result, and makes an Error of what it throws.
template <class Work>
auto guarded(std::string_view what, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const ov::Cancelled&) {
    return fail(ErrorCode::kCancelled, fmt::format("{} was cancelled", what));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, fmt::format("{}: out of memory", what));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, fmt::format("{}: OpenVINO: {}", what, error.what()));
  }
}

}  // namespace diptych::openvino
