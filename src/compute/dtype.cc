#include "compute/dtype.h"

#include <algorithm>
#include <array>

namespace diptych {
namespace {

constexpr std::array kRows = {
    DTypeRow{DType::kF32, "f32", 1, 4},        DTypeRow{DType::kF16, "f16", 1, 2},
    DTypeRow{DType::kBf16, "bf16", 1, 2},      DTypeRow{DType::kF64, "f64", 1, 8},
    DTypeRow{DType::kI64, "i64", 1, 8},        DTypeRow{DType::kI32, "i32", 1, 4},
    DTypeRow{DType::kI16, "i16", 1, 2},        DTypeRow{DType::kI8, "i8", 1, 1},
    DTypeRow{DType::kU8, "u8", 1, 1},          DTypeRow{DType::kBool, "bool", 1, 1},
    DTypeRow{DType::kF8E4M3, "f8_e4m3", 1, 1}, DTypeRow{DType::kF8E5M2, "f8_e5m2", 1, 1},
    DTypeRow{DType::kQ4_0, "q4_0", 32, 18},    DTypeRow{DType::kQ4_1, "q4_1", 32, 20},
    DTypeRow{DType::kQ5_0, "q5_0", 32, 22},    DTypeRow{DType::kQ5_1, "q5_1", 32, 24},
    DTypeRow{DType::kQ8_0, "q8_0", 32, 34},    DTypeRow{DType::kQ2K, "q2_k", 256, 84},
    DTypeRow{DType::kQ3K, "q3_k", 256, 110},   DTypeRow{DType::kQ4K, "q4_k", 256, 144},
    DTypeRow{DType::kQ5K, "q5_k", 256, 176},   DTypeRow{DType::kQ6K, "q6_k", 256, 210},
};

}  // namespace

const DTypeRow& describe(DType dtype) { return *std::ranges::find(kRows, dtype, &DTypeRow::dtype); }

std::optional<DType> find_dtype(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &DTypeRow::name);
  if (row == kRows.end()) return std::nullopt;
  return row->dtype;
}

}  // namespace diptych
