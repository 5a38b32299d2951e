#pragma once
// The weight layout that our kernels compute in. It holds exactly the codes, scales and minima of
// the file, only in another order, so choosing it never changes a weight.
//
// Quantised GGUF blocks: w[row, 32·b + k] = scale[row, b] · (code[row, b, k] − zero_point) +
// min[row, b]. Rows are grouped in tiles of 16 (one per SIMD lane). One tile is the sequence of its
// column blocks, each:
//   codes   4 bit: 4 × 64 bytes; byte (16-row lane r, i) of group j holds k = 4j + i (low nibble)
//   and k = 16 + 4j + i (high)
//           8 bit: 8 × 64 bytes; byte (lane r, i) of group j is k = 4j + i; stored unsigned, with
//           zero_point 128
//   scale   16 × f16
//   min     16 × f16, only with has_min
// The last tile is padded with rows whose scale and min are 0.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace diptych::weights {

inline constexpr int kTileRows = 16;
inline constexpr int kBlockColumns = 32;

enum class SourceFormat { kQ4_0, kQ4_1, kQ8_0 };

struct LayoutTraits {
  SourceFormat format;
  std::string_view name;
  int code_bits;  // 4 or 8
  bool has_min;
  int zero_point;  // subtracted from the unsigned code
  int source_block_bytes;
};

const LayoutTraits& traits_of(SourceFormat format);

struct PackedShape {
  SourceFormat format;
  std::int64_t rows = 0, columns = 0;  // columns is a multiple of 32

  std::int64_t tile_count() const { return (rows + kTileRows - 1) / kTileRows; }
  std::int64_t block_count() const { return columns / kBlockColumns; }
  std::size_t block_bytes() const;  // of one tile
  std::size_t tile_bytes() const { return block_bytes() * static_cast<std::size_t>(block_count()); }
  std::size_t bytes() const { return tile_bytes() * static_cast<std::size_t>(tile_count()); }
};

// source: [rows, columns] in GGUF's block order. Packs the tiles [first, last). target holds
// shape.bytes().
void pack_tiles(const PackedShape& shape, std::span<const std::byte> source,
                std::int64_t first_tile, std::int64_t last_tile, std::byte* target);

// One row as floats, from packed data. For tests and embeddings look-up.
void unpack_row(const PackedShape& shape, const std::byte* packed, std::int64_t row, float* out);

float half_to_float(std::uint16_t half);

}  // namespace diptych::weights
