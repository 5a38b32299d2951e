#pragma once
// Sixteen f32 lanes over memory of f32 or bf16 cells, and the functions that activations need. Only
// for files compiled for AVX-512.

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "compute/backends/onednn/stored.h"

// Nameless, because files for different instruction sets must not share one compiled copy of these.
namespace diptych::onednn {
namespace {

struct Bf16 {
  std::uint16_t bits;
};

using Lanes = __m512;
inline constexpr std::size_t kLanes = 16;

inline __mmask16 first_lanes(std::size_t count) {
  return count >= kLanes ? __mmask16{0xffff} : static_cast<__mmask16>((1U << count) - 1U);
}

inline Lanes load(const float* from) { return _mm512_loadu_ps(from); }
inline Lanes load(const float* from, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, from); }
inline Lanes from_bf16(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline Lanes load(const Bf16* from) {
  return from_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Lanes load(const Bf16* from, __mmask16 mask) {
  return from_bf16(_mm256_maskz_loadu_epi16(mask, from));
}
inline void store(float* to, Lanes value) { _mm512_storeu_ps(to, value); }
inline void store(float* to, Lanes value, __mmask16 mask) {
  _mm512_mask_storeu_ps(to, mask, value);
}
// Rounds to nearest even; a NaN stays one.
inline __m256i to_bf16(Lanes value) {
  const __m512i bits = _mm512_castps_si512(value);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
  const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
  const __m512i safe = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(safe, 16));
}
inline void store(Bf16* to, Lanes value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), to_bf16(value));
}
inline void store(Bf16* to, Lanes value, __mmask16 mask) {
  _mm256_mask_storeu_epi16(to, mask, to_bf16(value));
}

// f(index, mask) for `count` values, where mask is a __mmask16 at the end and Whole before: whole
// vectors move faster.
struct Whole {};
inline Lanes load(const float* from, Whole) { return load(from); }
inline Lanes load(const Bf16* from, Whole) { return load(from); }
inline void store(float* to, Lanes value, Whole) { store(to, value); }
inline void store(Bf16* to, Lanes value, Whole) { store(to, value); }
template <class F>
inline void for_lanes(std::int64_t count, F f) {
  constexpr auto kStep = static_cast<std::int64_t>(kLanes);
  std::int64_t i = 0;
  for (; i + kStep <= count; i += kStep) f(i, Whole{});
  if (i < count) f(i, first_lanes(static_cast<std::size_t>(count - i)));
}

inline Lanes splat(float value) { return _mm512_set1_ps(value); }

// 2^x for x ≥ −150, by Taylor's polynomial on [−½, ½]: relative error 2e-7 at degree 6, 4e-5 at
// degree 4.
template <int Degree = 6>
inline Lanes exp2_of(Lanes x) {
  constexpr float kCoefficients[] = {
      1.0F,           0.693147180559945F,   0.240226506959101F,   0.0555041086648216F,
      0.00961812910F, 0.00133335581464284F, 0.000154035303933816F};
  const Lanes whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const Lanes rest = _mm512_sub_ps(x, whole);
  Lanes sum = splat(kCoefficients[Degree]);
  for (int i = Degree - 1; i >= 0; --i) sum = _mm512_fmadd_ps(sum, rest, splat(kCoefficients[i]));
  return _mm512_scalef_ps(sum, whole);
}

inline Lanes exp_of(Lanes x) {  // below −104: 0
  return exp2_of(_mm512_mul_ps(_mm512_max_ps(x, splat(-104)), splat(1.44269504088896341F)));
}

inline Lanes sigmoid_of(Lanes x) {
  const Lanes e = exp_of(_mm512_sub_ps(_mm512_setzero_ps(), x));
  return _mm512_div_ps(splat(1), _mm512_add_ps(splat(1), e));
}
inline Lanes silu_of(Lanes x) { return _mm512_mul_ps(x, sigmoid_of(x)); }
// For bf16: relative error 1e-4, at half the cost.
inline Lanes rough_silu_of(Lanes x) {
  const Lanes power = _mm512_mul_ps(_mm512_max_ps(x, splat(-80)), splat(-1.44269504088896341F));
  return _mm512_mul_ps(x, _mm512_rcp14_ps(_mm512_add_ps(splat(1), exp2_of<4>(power))));
}
inline Lanes tanh_of(Lanes x) {  // 2·sigmoid(2x) − 1
  return _mm512_fmsub_ps(splat(2), sigmoid_of(_mm512_add_ps(x, x)), splat(1));
}

// Abramowitz and Stegun 7.1.26: absolute error 1.5e-7.
inline Lanes erf_of(Lanes x) {
  const Lanes size = _mm512_abs_ps(x);
  const Lanes t = _mm512_div_ps(splat(1), _mm512_fmadd_ps(splat(0.3275911F), size, splat(1)));
  Lanes sum = splat(1.061405429F);
  for (const float coefficient : {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F})
    sum = _mm512_fmadd_ps(sum, t, splat(coefficient));
  const Lanes e = exp_of(_mm512_mul_ps(_mm512_sub_ps(_mm512_setzero_ps(), size), size));
  const Lanes positive = _mm512_fnmadd_ps(_mm512_mul_ps(sum, t), e, splat(1));
  const __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_sub_ps(positive, negative, _mm512_setzero_ps(), positive);
}
inline Lanes gelu_of(Lanes x) {
  const Lanes erf = erf_of(_mm512_mul_ps(x, splat(0.707106781186547524F)));
  return _mm512_mul_ps(_mm512_mul_ps(x, splat(0.5F)), _mm512_add_ps(splat(1), erf));
}
inline Lanes gelu_tanh_of(Lanes x) {
  const Lanes cubic = _mm512_fmadd_ps(_mm512_mul_ps(x, x), splat(0.044715F), splat(1));
  const Lanes inner = _mm512_mul_ps(_mm512_mul_ps(x, splat(0.797884560802865356F)), cubic);
  return _mm512_mul_ps(x, sigmoid_of(_mm512_add_ps(inner, inner)));
}

// use(pointer to cells of that type)
template <class Use>
void with_pointer(Cell cell, const void* at, Use use) {
  cell == Cell::kBf16 ? use(static_cast<const Bf16*>(at)) : use(static_cast<const float*>(at));
}
template <class Use>
void with_pointer(Cell cell, void* at, Use use) {
  cell == Cell::kBf16 ? use(static_cast<Bf16*>(at)) : use(static_cast<float*>(at));
}

}  // namespace
}  // namespace diptych::onednn
