#include "text/weights/packed_matrix.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace diptych::weights {
namespace {

constexpr std::array<LayoutTraits, 3> kTraits = {{
    {SourceFormat::kQ4_0, "Q4_0", 4, false, 8, 18},
    {SourceFormat::kQ4_1, "Q4_1", 4, true, 0, 20},
    {SourceFormat::kQ8_0, "Q8_0", 8, false, 128, 34},
}};

constexpr std::size_t kScaleBytes = kTileRows * sizeof(std::uint16_t);

std::size_t code_bytes(const LayoutTraits& traits) {
  return static_cast<std::size_t>(kTileRows * kBlockColumns * traits.code_bits / 8);
}

// GGUF stores nibble k (low) and k + 16 (high) in one byte; so do we, so a nibble byte moves
// unchanged.
void pack_nibbles(const std::byte* source, int lane, std::byte* codes) {
  for (int group = 0; group < 4; ++group)
    std::memcpy(codes + group * 64 + lane * 4, source + group * 4, 4);
}

void pack_bytes(const std::byte* source, int lane, std::byte* codes) {
  for (int group = 0; group < 8; ++group) {
    std::uint32_t four;
    std::memcpy(&four, source + group * 4, 4);
    four ^= 0x80808080U;  // signed to unsigned with zero point 128
    std::memcpy(codes + group * 64 + lane * 4, &four, 4);
  }
}

void pack_block(const LayoutTraits& traits, const std::byte* source, int lane, std::byte* target) {
  std::byte* scales = target + code_bytes(traits);
  std::memcpy(scales + lane * 2, source, 2);
  const std::byte* codes = source + 2;
  if (traits.has_min) {
    std::memcpy(scales + kScaleBytes + static_cast<std::size_t>(lane) * 2, codes, 2);
    codes += 2;
  }
  if (traits.code_bits == 4) {
    pack_nibbles(codes, lane, target);
  } else {
    pack_bytes(codes, lane, target);
  }
}

int code_at(const LayoutTraits& traits, const std::byte* block, int lane, int k) {
  if (traits.code_bits == 8) return std::to_integer<int>(block[(k / 4) * 64 + lane * 4 + k % 4]);
  const int within = k % 16;
  const int both = std::to_integer<int>(block[(within / 4) * 64 + lane * 4 + within % 4]);
  return k < 16 ? both & 15 : both >> 4;
}

}  // namespace

const LayoutTraits& traits_of(SourceFormat format) {
  return kTraits[static_cast<std::size_t>(format)];
}

std::size_t PackedShape::block_bytes() const {
  const LayoutTraits& traits = traits_of(format);
  return code_bytes(traits) + kScaleBytes * (traits.has_min ? 2 : 1);
}

void pack_tiles(const PackedShape& shape, std::span<const std::byte> source,
                std::int64_t first_tile, std::int64_t last_tile, std::byte* target) {
  const LayoutTraits& traits = traits_of(shape.format);
  const auto blocks = static_cast<std::size_t>(shape.block_count());
  const std::size_t row_bytes = blocks * static_cast<std::size_t>(traits.source_block_bytes);
  CHECK(source.size() == row_bytes * static_cast<std::size_t>(shape.rows));
  for (std::int64_t tile = first_tile; tile < last_tile; ++tile) {
    std::byte* out = target + shape.tile_bytes() * static_cast<std::size_t>(tile);
    const std::int64_t first_row = tile * kTileRows;
    const auto lanes = static_cast<int>(std::min<std::int64_t>(kTileRows, shape.rows - first_row));
    if (lanes < kTileRows) std::memset(out, 0, shape.tile_bytes());
    for (int lane = 0; lane < lanes; ++lane) {
      const std::byte* row = source.data() + row_bytes * static_cast<std::size_t>(first_row + lane);
      for (std::size_t block = 0; block < blocks; ++block) {
        pack_block(traits, row + block * static_cast<std::size_t>(traits.source_block_bytes), lane,
                   out + block * shape.block_bytes());
      }
    }
  }
}

void unpack_row(const PackedShape& shape, const std::byte* packed, std::int64_t row, float* out) {
  const LayoutTraits& traits = traits_of(shape.format);
  const std::byte* tile = packed + shape.tile_bytes() * static_cast<std::size_t>(row / kTileRows);
  const auto lane = static_cast<int>(row % kTileRows);
  for (std::int64_t b = 0; b < shape.block_count(); ++b) {
    const std::byte* block = tile + shape.block_bytes() * static_cast<std::size_t>(b);
    const std::byte* scales = block + code_bytes(traits);
    std::uint16_t scale = 0, min = 0;
    std::memcpy(&scale, scales + lane * 2, 2);
    if (traits.has_min)
      std::memcpy(&min, scales + kScaleBytes + static_cast<std::size_t>(lane) * 2, 2);
    for (int k = 0; k < kBlockColumns; ++k) {
      const int code = code_at(traits, block, lane, k) - traits.zero_point;
      *out++ = half_to_float(scale) * static_cast<float>(code) + half_to_float(min);
    }
  }
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t magnitude = half & 0x7fffU;
  if (magnitude >= 0x7c00U)
    return std::bit_cast<float>(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
  // Subnormal halves are normal floats: scale by 2^-24 instead of shifting exponents.
  if (magnitude < 0x400U) {
    const float value = static_cast<float>(magnitude) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
}

}  // namespace diptych::weights
