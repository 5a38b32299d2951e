#pragma once
// Element types of weights and of values in a graph, with the block layouts of quantised files.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace diptych {

enum class DType : std::uint8_t {
  kF32,
  kF16,
  kBf16,
  kF64,
  kI64,
  kI32,
  kI16,
  kI8,
  kU8,
  kBool,
  kF8E4M3,
  kF8E5M2,
  kQ4_0,  // from here on: blocks of GGUF
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2K,
  kQ3K,
  kQ4K,
  kQ5K,
  kQ6K,
};

struct DTypeRow {
  DType dtype;
  std::string_view name;  // "f16", "q4_k": for messages, options and infotext
  int block_elements;     // 1 for plain types
  int block_bytes;
};
const DTypeRow& describe(DType dtype);
std::optional<DType> find_dtype(std::string_view name);

}  // namespace diptych
