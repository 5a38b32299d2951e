#include "compute/dequantize.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "compute/float_formats.h"

namespace diptych {
namespace {

using Bytes = const std::uint8_t*;

float half_at(Bytes bytes) {
  std::uint16_t half;
  std::memcpy(&half, bytes, sizeof half);
  return f32_of_f16(half);
}
int low(std::uint8_t byte) { return byte & 0xF; }
int high(std::uint8_t byte) { return byte >> 4; }

// Blocks of 32: a scale, perhaps a minimum, perhaps one high bit each, then two values a byte: the
// first 16 values in the low halves.
void block_q4_0(Bytes block, float* to) {
  const float scale = half_at(block);
  for (int i = 0; i < 16; ++i) {
    to[i] = scale * static_cast<float>(low(block[2 + i]) - 8);
    to[i + 16] = scale * static_cast<float>(high(block[2 + i]) - 8);
  }
}

void block_q4_1(Bytes block, float* to) {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  for (int i = 0; i < 16; ++i) {
    to[i] = scale * static_cast<float>(low(block[4 + i])) + minimum;
    to[i + 16] = scale * static_cast<float>(high(block[4 + i])) + minimum;
  }
}

// Bit i of the u32 at `bits` as 0 or 16: the fifth bit of value i.
int fifth_bit(Bytes bits, int i) { return ((bits[i / 8] >> (i % 8)) & 1) << 4; }

void block_q5_0(Bytes block, float* to) {
  const float scale = half_at(block);
  for (int i = 0; i < 16; ++i) {
    const std::uint8_t pair = block[6 + i];
    to[i] = scale * static_cast<float>((low(pair) | fifth_bit(block + 2, i)) - 16);
    to[i + 16] = scale * static_cast<float>((high(pair) | fifth_bit(block + 2, i + 16)) - 16);
  }
}

void block_q5_1(Bytes block, float* to) {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  for (int i = 0; i < 16; ++i) {
    const std::uint8_t pair = block[8 + i];
    to[i] = scale * static_cast<float>(low(pair) | fifth_bit(block + 4, i)) + minimum;
    to[i + 16] = scale * static_cast<float>(high(pair) | fifth_bit(block + 4, i + 16)) + minimum;
  }
}

void block_q8_0(Bytes block, float* to) {
  const float scale = half_at(block);
  for (int i = 0; i < 32; ++i) {
    to[i] = scale * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
  }
}

// Blocks of 256 ("k"): groups of 16 or 32 with small integer scales under one f16 scale.

// scales u8[16] (scale | minimum << 4) · quants u8[64] · scale f16 · minimum f16. A quarter of each
// half block shares 32 bytes, two bits a value.
void block_q2_k(Bytes block, float* to) {
  const Bytes quants = block + 16;
  const float scale = half_at(block + 80);
  const float minimum = half_at(block + 82);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(low(block[group]));
    const float offset = minimum * static_cast<float>(high(block[group]));
    const Bytes bytes = quants + 32 * (group / 8) + 16 * (group % 2);
    const int shift = 2 * (group / 2 % 4);
    for (int i = 0; i < 16; ++i) {
      to[16 * group + i] = step * static_cast<float>((bytes[i] >> shift) & 3) - offset;
    }
  }
}

// Six bits of scale `group` of 16: four of them in the first 8 bytes, two in the last 4.
int q3_k_scale(Bytes scales, int group) {
  const int lower = group < 8 ? low(scales[group]) : high(scales[group - 8]);
  const int upper = (scales[8 + group % 4] >> (2 * (group / 4))) & 3;
  return (lower | upper << 4) - 32;
}

// high bits u8[32] · quants u8[64] · scales u8[12] · scale f16. A clear high bit subtracts 4.
void block_q3_k(Bytes block, float* to) {
  const Bytes quants = block + 32;
  const Bytes scales = block + 96;
  const float scale = half_at(block + 108);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(q3_k_scale(scales, group));
    const Bytes bytes = quants + 32 * (group / 8) + 16 * (group % 2);
    const Bytes high_bits = block + 16 * (group % 2);
    const int shift = 2 * (group / 2 % 4);
    for (int i = 0; i < 16; ++i) {
      const int missing = (high_bits[i] >> (group / 2)) & 1 ? 0 : 4;
      to[16 * group + i] = step * static_cast<float>(((bytes[i] >> shift) & 3) - missing);
    }
  }
}

struct ScaleAndMinimum {
  float scale, minimum;
};

// Six bits each, of group 0 to 7, in 12 bytes. Groups 4 to 7 keep their upper two bits above those
// of groups 0 to 3.
ScaleAndMinimum q4_k_scale(Bytes scales, int group) {
  int scale = scales[group] & 63;
  int minimum = scales[group + 4] & 63;
  if (group >= 4) {
    scale = low(scales[group + 4]) | (scales[group - 4] >> 6) << 4;
    minimum = high(scales[group + 4]) | (scales[group] >> 6) << 4;
  }
  return {static_cast<float>(scale), static_cast<float>(minimum)};
}

// scale f16 · minimum f16 · scales u8[12] · quants u8[128]: 64 values share 32 bytes.
void block_q4_k(Bytes block, float* to) {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const Bytes quants = block + 16;
  for (int group = 0; group < 8; ++group) {
    const auto of_group = q4_k_scale(block + 4, group);
    const float step = scale * of_group.scale;
    const float offset = minimum * of_group.minimum;
    const Bytes bytes = quants + 32 * (group / 2);
    const int shift = 4 * (group % 2);
    for (int i = 0; i < 32; ++i) {
      to[32 * group + i] = step * static_cast<float>((bytes[i] >> shift) & 0xF) - offset;
    }
  }
}

// scale f16 · minimum f16 · scales u8[12] · high bits u8[32] (bit `group`) · quants u8[128]
void block_q5_k(Bytes block, float* to) {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const Bytes high_bits = block + 16;
  const Bytes quants = block + 48;
  for (int group = 0; group < 8; ++group) {
    const auto of_group = q4_k_scale(block + 4, group);
    const float step = scale * of_group.scale;
    const float offset = minimum * of_group.minimum;
    const Bytes bytes = quants + 32 * (group / 2);
    const int shift = 4 * (group % 2);
    for (int i = 0; i < 32; ++i) {
      const int fifth = ((high_bits[i] >> group) & 1) << 4;
      to[32 * group + i] = step * static_cast<float>(((bytes[i] >> shift) & 0xF) | fifth) - offset;
    }
  }
}

// low bits u8[128] · high bits u8[64] · scales i8[16] · scale f16. In each half of 128 values,
// quarter k takes its four low bits from 32 of 64 bytes and its two high bits at 2k of 32 bytes.
void block_q6_k(Bytes block, float* to) {
  const Bytes scales = block + 192;
  const float scale = half_at(block + 208);
  for (int group = 0; group < 16; ++group) {
    const int half = group / 8;
    const int quarter = group / 2 % 4;
    const Bytes lower = block + 64 * half + 32 * (quarter % 2) + 16 * (group % 2);
    const Bytes upper = block + 128 + 32 * half + 16 * (group % 2);
    const float step = scale * static_cast<float>(static_cast<std::int8_t>(scales[group]));
    for (int i = 0; i < 16; ++i) {
      const int low_bits = (lower[i] >> (4 * (quarter / 2))) & 0xF;
      const int high_bits = ((upper[i] >> (2 * quarter)) & 3) << 4;
      to[16 * group + i] = step * static_cast<float>((low_bits | high_bits) - 32);
    }
  }
}

using Unpack = void (*)(Bytes block, float* to);
constexpr std::pair<DType, Unpack> kUnpack[] = {
    {DType::kQ4_0, block_q4_0}, {DType::kQ4_1, block_q4_1}, {DType::kQ5_0, block_q5_0},
    {DType::kQ5_1, block_q5_1}, {DType::kQ8_0, block_q8_0}, {DType::kQ2K, block_q2_k},
    {DType::kQ3K, block_q3_k},  {DType::kQ4K, block_q4_k},  {DType::kQ5K, block_q5_k},
    {DType::kQ6K, block_q6_k},
};

Unpack find_unpack(DType dtype) {
  for (const auto& [type, unpack] : kUnpack) {
    if (type == dtype) return unpack;
  }
  return nullptr;
}

}  // namespace

bool is_quantised(DType dtype) { return find_unpack(dtype) != nullptr; }

void dequantize(DType dtype, std::span<const std::byte> from, std::span<float> to) {
  const Unpack unpack = find_unpack(dtype);
  CHECK(unpack != nullptr);
  const auto elements = static_cast<std::size_t>(describe(dtype).block_elements);
  const auto bytes = static_cast<std::size_t>(describe(dtype).block_bytes);
  CHECK(from.size() % bytes == 0);
  CHECK(to.size() == from.size() / bytes * elements);
  const auto* block = reinterpret_cast<Bytes>(from.data());
  for (std::size_t i = 0; i < to.size(); i += elements, block += bytes) unpack(block, &to[i]);
}

}  // namespace diptych
