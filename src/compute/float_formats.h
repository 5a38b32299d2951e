#pragma once
// Conversions between f32 and the small floating formats of weights, exact or rounded to nearest
// even. Branch-free where it matters, so that loops over them vectorise.

#include <bit>
#include <cstdint>

namespace diptych {

// IEEE 754 binary16. Exact; NaN payloads stay. Subnormals need the machine's f32 subnormals on.
inline float f32_of_f16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t shifted = (half & 0x7fffU) << 13;  // exponent still biased by 15, not 127
  const auto scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(shifted) * 0x1p112F);
  const bool special = (half & 0x7c00U) == 0x7c00U;
  return std::bit_cast<float>(sign | (special ? shifted | 0x7f800000U : scaled));
}

inline float f32_of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// OCP 8-bit floats: E4M3 ("fn": no infinities, largest 448, NaN is all ones) and E5M2.
inline float f32_of_f8_e5m2(std::uint8_t bits) {
  return f32_of_f16(static_cast<std::uint16_t>(bits << 8));  // a binary16 cut short
}
inline float f32_of_f8_e4m3(std::uint8_t bits) {
  const std::uint32_t sign = (bits & 0x80U) << 24;
  const std::uint32_t shifted = (bits & 0x7fU) << 20;
  const auto scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(shifted) * 0x1p120F);
  const bool nan = (bits & 0x7fU) == 0x7fU;
  return std::bit_cast<float>(sign | (nan ? 0x7fc00000U : scaled));
}

inline std::uint16_t f16_of_f32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const std::uint32_t size = bits & 0x7fffffffU;
  if (size > 0x7f800000U) return sign | 0x7e00U;   // NaN
  if (size >= 0x477ff000U) return sign | 0x7c00U;  // 65520 and above round to infinity
  if (size < 0x38800000U) {                        // below 2^-14: adding ½ aligns the subnormal
    const float aligned = std::bit_cast<float>(size) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(aligned) & 0x7ffU));
  }
  const std::uint32_t odd = (size >> 13) & 1U;
  return static_cast<std::uint16_t>(sign | ((size - 0x38000000U + 0xfffU + odd) >> 13));
}

inline std::uint16_t bf16_of_f32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

}  // namespace diptych
