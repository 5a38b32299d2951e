#include "text/weights/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

namespace diptych::weights {
namespace {

// The plain form of what every kernel computes: the reference of their tests.
void quantize_portable(const float* x, std::int64_t columns, int zero_point,
                       const QuantizedRow& out) {
  for (std::int64_t b = 0; b < columns / kBlockColumns; ++b) {
    const float* block = x + b * kBlockColumns;
    float largest = 0;
    for (int k = 0; k < kBlockColumns; ++k) largest = std::max(largest, std::fabs(block[k]));
    const float scale = largest / 127.0F;
    const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
    std::int32_t sum = 0;
    for (int k = 0; k < kBlockColumns; ++k) {
      const auto code = static_cast<std::int32_t>(std::nearbyint(block[k] * inverse));
      out.codes[b * kBlockColumns + k] = static_cast<std::int8_t>(code);
      sum += code;
    }
    out.scale[b] = scale;
    out.scaled_sum[b] = scale * static_cast<float>(sum);
    out.offset[b] = -zero_point * sum;
  }
}

void multiply_portable(const PackedMatrix& matrix, TileRange tiles, QuantizedRows x,
                       const Output& out) {
  const PackedShape& shape = matrix.shape;
  std::vector<float> weights(static_cast<std::size_t>(shape.columns));
  const std::int64_t last_row = std::min(tiles.last * kTileRows, shape.rows);
  for (std::int64_t row = tiles.first * kTileRows; row < last_row; ++row) {
    unpack_row(shape, matrix.bytes, row, weights.data());
    for (std::int64_t token = 0; token < x.token_count; ++token) {
      const QuantizedRow row_x = quantized_row_at(x.bytes, shape.columns, token);
      double sum = 0;
      for (std::int64_t k = 0; k < shape.columns; ++k) {
        sum += double{weights[static_cast<std::size_t>(k)]} *
               double{row_x.scale[k / kBlockColumns]} * row_x.codes[k];
      }
      out.data[static_cast<std::size_t>(token) * out.row_stride + static_cast<std::size_t>(row)] =
          static_cast<float>(sum);
    }
  }
}

constexpr std::array<const MatrixKernel*, 2> kKernels = {&kAvx512VnniKernel, &kPortableKernel};

std::size_t block_count(std::int64_t columns) {
  return static_cast<std::size_t>(columns / kBlockColumns);
}

}  // namespace

const MatrixKernel kPortableKernel = {"portable", [] { return true; }, quantize_portable,
                                      multiply_portable};

std::size_t quantized_row_bytes(std::int64_t columns) {
  const std::size_t bytes = static_cast<std::size_t>(columns) + block_count(columns) * 12;
  return (bytes + 63) / 64 * 64;
}

QuantizedRow quantized_row_at(std::byte* buffer, std::int64_t columns, std::int64_t index) {
  std::byte* row = buffer + quantized_row_bytes(columns) * static_cast<std::size_t>(index);
  auto* scale = reinterpret_cast<float*>(row + columns);
  float* scaled_sum = scale + block_count(columns);
  return {reinterpret_cast<std::int8_t*>(row), scale, scaled_sum,
          reinterpret_cast<std::int32_t*>(scaled_sum + block_count(columns))};
}

std::span<const MatrixKernel* const> matrix_kernels() { return kKernels; }

const MatrixKernel* fastest_matrix_kernel() {
  for (const MatrixKernel* kernel : kKernels) {
    if (kernel != &kPortableKernel && kernel->available()) return kernel;
  }
  return nullptr;
}

}  // namespace diptych::weights
