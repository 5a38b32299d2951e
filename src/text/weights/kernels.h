#pragma once
// Matrix times activations on packed weights. Every output is accumulated block by block in one
// fixed order, whatever else is in the batch and however many threads run: the result for a token
// never depends on its neighbours.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "text/weights/packed_matrix.h"

namespace diptych::weights {

// Activations of one token, quantised to 8 bits per block of 32 columns: x ≈ scale · code.
struct QuantizedRow {
  std::int8_t* codes;    // [columns]
  float* scale;          // [blocks]
  float* scaled_sum;     // [blocks]: scale · Σ code, for the minima
  std::int32_t* offset;  // [blocks]: −zero_point · Σ code
};

// Bytes of one QuantizedRow in a work buffer, a multiple of 64; and its parts in place.
std::size_t quantized_row_bytes(std::int64_t columns);
QuantizedRow quantized_row_at(std::byte* buffer, std::int64_t columns, std::int64_t index);

struct PackedMatrix {
  PackedShape shape;
  const std::byte* bytes;
};
struct QuantizedRows {  // a work buffer of token_count rows
  std::byte* bytes;
  std::int64_t token_count;
};
struct TileRange {
  std::int64_t first, last;
};
struct Output {
  float* data;             // [tokens, row stride]
  std::size_t row_stride;  // floats between tokens
};

struct MatrixKernel {
  std::string_view name;  // "avx512-vnni"
  bool (*available)();    // on this CPU
  void (*quantize)(const float* x, std::int64_t columns, int zero_point, const QuantizedRow& out);
  // out[t, row] for the rows of the tiles and all tokens; rows past shape.rows are not written.
  void (*multiply)(const PackedMatrix& matrix, TileRange tiles, QuantizedRows x, const Output& out);
};

// Best first; the last one is portable and always available.
std::span<const MatrixKernel* const> matrix_kernels();
const MatrixKernel* fastest_matrix_kernel();  // nullptr when only the portable one is there: then
                                              // ggml's own kernels are faster

extern const MatrixKernel kAvx512VnniKernel;
extern const MatrixKernel kPortableKernel;

}  // namespace diptych::weights
