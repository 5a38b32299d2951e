#pragma once
// The arithmetic of attention on AVX-512: one run of queries over one partition of cells, for one
// kv head. Included by attention_avx512.cc only, which is compiled for that instruction set.

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "text/weights/attention.h"

namespace diptych::weights {
namespace {

constexpr int kChunk = 64;  // cells handled at once
constexpr int kVectors = kChunk / 16;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

using Word = std::uint64_t;

// e^x for x ≤ 0, relative error below 2e-7; −inf gives 0.
inline __m512 exp_nonpositive(__m512 x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-104.0F));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)), 0);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752F), x);  // ln 2 in two parts
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6F), r);
  __m512 p = _mm512_set1_ps(1.0F / 5040);  // Taylor: |r| ≤ 0.347
  for (const float c : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
  }
  return _mm512_scalef_ps(p, n);
}

inline __m512 load_halves(const std::uint16_t* halves) {
  return _mm512_maskz_cvtph_ps(0xffff,
                               _mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves)));
}

// 16 rows of 16 floats, transposed in registers.
inline void transpose16(__m512 (&r)[16]) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int half = 0; half < 2; ++half) {
      const __m512d a = _mm512_castps_pd(t[i + half]), b = _mm512_castps_pd(t[i + 2 + half]);
      r[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      r[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  for (int i = 0; i < 4; ++i) {
    const __m512 low = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88),
                 high = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
    const __m512 low2 = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
    const __m512 high2 = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
    t[i] = _mm512_shuffle_f32x4(low, low2, 0x88);
    t[i + 8] = _mm512_shuffle_f32x4(low, low2, 0xdd);
    t[i + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
    t[i + 12] = _mm512_shuffle_f32x4(high, high2, 0xdd);
  }
  for (int i = 0; i < 16; ++i) r[i] = t[i];
}

// Softmax of some cells, not yet divided by its total. Row = token in the run × query_heads + query
// head.
struct Partial {
  float* max;    // [rows]
  float* total;  // [rows]
  float* sums;   // [rows, head_size]
};

struct PassSpace {  // one thread's
  float* keys;      // [head_size, kChunk], transposed
  float* values;    // [kChunk, head_size]
  float* scores;    // [rows, kChunk]
  float* factors;   // [rows]
};

struct Pass {
  const AttentionShape& shape;
  const AttentionInput& input;
  const PassSpace& space;
  const Partial& partial;
  std::int64_t first_token;
  int token_count, kv_head;
  const Word* visible;  // [token, word]: which of the listed cells each query sees
  std::size_t visible_stride;

  int group() const { return shape.query_heads / shape.kv_heads; }
  int rows() const { return token_count * group(); }
  std::size_t head() const { return static_cast<std::size_t>(shape.head_size); }
  std::size_t slot(int row) const {  // in the partial
    return static_cast<std::size_t>(row / group() * shape.query_heads + kv_head * group() +
                                    row % group());
  }
  const float* query_row(int row) const {
    const auto token = static_cast<std::size_t>(first_token + row / group());
    const auto query_head = static_cast<std::size_t>(kv_head * group() + row % group());
    return input.query + token * input.query_token_stride + query_head * input.query_head_stride;
  }
  const std::uint16_t* key_row(std::int32_t cell) const {
    return input.key + static_cast<std::size_t>(cell) * input.key_cell_stride +
           static_cast<std::size_t>(kv_head) * input.key_head_stride;
  }
  const std::uint16_t* value_row(std::int32_t cell) const {
    return input.value + static_cast<std::size_t>(cell) * input.value_cell_stride +
           static_cast<std::size_t>(kv_head) * input.value_head_stride;
  }

  // cells: `count` entries of the run's list, the first being entry `first` (a multiple of 64).
  void run(const std::int32_t* cells, std::int64_t first, int count) const {
    for (int row = 0; row < rows(); ++row) {
      partial.max[slot(row)] = kMinusInfinity;
      partial.total[slot(row)] = 0;
      std::memset(partial.sums + slot(row) * head(), 0, head() * sizeof(float));
    }
    for (int begin = 0; begin < count; begin += kChunk) {
      const int part = std::min(kChunk, count - begin);
      if (kv_head == 0) touch(cells + begin, part);
      load_keys(cells + begin, part);
      int row = 0;
      for (; row + 6 <= rows(); row += 6) score_rows<6>(row);
      for (; row + 3 <= rows(); row += 3) score_rows<3>(row);
      for (; row < rows(); ++row) score_rows<1>(row);
      const auto word = static_cast<std::size_t>((first + begin) / kChunk);
      for (row = 0; row < rows(); ++row) {
        weigh_row(row, visible[static_cast<std::size_t>(row / group()) * visible_stride + word]);
      }
      load_values(cells + begin, part);
      for (row = 0; row + 6 <= rows(); row += 6) mix_rows<6>(row, part);
      for (; row + 3 <= rows(); row += 3) mix_rows<3>(row, part);
      for (; row < rows(); ++row) mix_rows<1>(row, part);
    }
  }

 private:
  // The first head over a chunk reads one word of each cache line of its cells, all heads of them.
  // Nothing but loads is in flight then, so the memory answers many at once; converting straight
  // from memory reaches a third of its bandwidth, and prefetch instructions are dropped when the
  // miss buffers are full.
  void touch(const std::int32_t* cells, int count) const {
    const std::size_t halves = head() * static_cast<std::size_t>(shape.kv_heads);
    std::uint16_t sink = 0;
    for (int c = 0; c < count; ++c) {
      const std::uint16_t* key = key_row(cells[c]);
      for (std::size_t d = 0; d < halves; d += 32) sink ^= key[d];
      const std::uint16_t* value = value_row(cells[c]);
      for (std::size_t d = 0; d < halves; d += 32) sink ^= value[d];
    }
    asm volatile("" : : "r"(sink));  // keeps the loads
  }

  void load_keys(const std::int32_t* cells, int count) const {
    for (int base = 0; base < count; base += 16) {
      const std::uint16_t* key[16];
      for (int i = 0; i < 16; ++i) key[i] = key_row(cells[std::min(base + i, count - 1)]);
      for (std::size_t d = 0; d < head(); d += 16) {
        __m512 block[16];
        for (int i = 0; i < 16; ++i) block[i] = load_halves(key[i] + d);
        transpose16(block);
        for (std::size_t i = 0; i < 16; ++i)
          _mm512_storeu_ps(space.keys + (d + i) * kChunk + base, block[i]);
      }
    }
  }

  void load_values(const std::int32_t* cells, int count) const {
    for (int c = 0; c < count; ++c) {
      const std::uint16_t* from = value_row(cells[c]);
      float* to = space.values + static_cast<std::size_t>(c) * head();
      for (std::size_t d = 0; d < head(); d += 16) _mm512_storeu_ps(to + d, load_halves(from + d));
    }
  }

  template <int kRows>
  void score_rows(int row) const {
    __m512 acc[kRows][kVectors];
    const float* query[kRows];
    for (int r = 0; r < kRows; ++r) {
      query[r] = query_row(row + r);
      for (auto& a : acc[r]) a = _mm512_setzero_ps();
    }
    for (std::size_t d = 0; d < head(); ++d) {
      const float* key = space.keys + d * kChunk;
      __m512 columns[kVectors];
      for (int v = 0; v < kVectors; ++v) columns[v] = _mm512_loadu_ps(key + v * 16);
      for (int r = 0; r < kRows; ++r) {
        const __m512 q = _mm512_set1_ps(query[r][d]);
        for (int v = 0; v < kVectors; ++v) acc[r][v] = _mm512_fmadd_ps(q, columns[v], acc[r][v]);
      }
    }
    const __m512 scale = _mm512_set1_ps(input.scale);
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v)
        _mm512_storeu_ps(space.scores + (row + r) * kChunk + v * 16,
                         _mm512_mul_ps(acc[r][v], scale));
  }

  // Scores to weights, keeping the running maximum and total of the row.
  void weigh_row(int row, Word seen) const {
    float* scores = space.scores + row * kChunk;
    __m512 values[kVectors], largest = _mm512_set1_ps(kMinusInfinity);
    for (int v = 0; v < kVectors; ++v) {
      const auto mask = static_cast<__mmask16>(seen >> (16 * v));
      values[v] = _mm512_mask_loadu_ps(_mm512_set1_ps(kMinusInfinity), mask, scores + v * 16);
      largest = _mm512_max_ps(largest, values[v]);
    }
    float& max = partial.max[slot(row)];
    const float before = max;
    max = std::max(before, _mm512_reduce_max_ps(largest));
    space.factors[row] = before == kMinusInfinity ? 0.0F : std::exp(before - max);
    __m512 total = _mm512_setzero_ps();
    for (int v = 0; v < kVectors; ++v) {
      const auto mask = static_cast<__mmask16>(seen >> (16 * v));
      const __m512 weight =
          _mm512_maskz_mov_ps(mask, exp_nonpositive(_mm512_sub_ps(values[v], _mm512_set1_ps(max))));
      total = _mm512_add_ps(total, weight);
      _mm512_storeu_ps(scores + v * 16, weight);
    }
    float& sum = partial.total[slot(row)];
    sum = sum * space.factors[row] + _mm512_reduce_add_ps(total);
  }

  template <int kRows>
  void mix_rows(int row, int count) const {
    for (std::size_t d = 0; d < head(); d += 64) {
      const auto parts = static_cast<int>(std::min<std::size_t>(4, (head() - d) / 16));
      __m512 acc[kRows][4];
      for (int r = 0; r < kRows; ++r) {
        const __m512 factor = _mm512_set1_ps(space.factors[row + r]);
        const float* sums = partial.sums + slot(row + r) * head() + d;
        for (int p = 0; p < 4; ++p)
          acc[r][p] = p < parts ? _mm512_mul_ps(_mm512_loadu_ps(sums + p * 16), factor)
                                : _mm512_setzero_ps();
      }
      for (int c = 0; c < count; ++c) {
        const float* from = space.values + static_cast<std::size_t>(c) * head() + d;
        __m512 value[4];
        for (int p = 0; p < 4; ++p)
          value[p] = p < parts ? _mm512_loadu_ps(from + p * 16) : _mm512_setzero_ps();
        for (int r = 0; r < kRows; ++r) {
          const __m512 weight = _mm512_set1_ps(space.scores[(row + r) * kChunk + c]);
          for (int p = 0; p < 4; ++p) acc[r][p] = _mm512_fmadd_ps(weight, value[p], acc[r][p]);
        }
      }
      for (int r = 0; r < kRows; ++r)
        for (int p = 0; p < parts; ++p)
          _mm512_storeu_ps(
              partial.sums + slot(row + r) * head() + d + static_cast<std::size_t>(p) * 16,
              acc[r][p]);
    }
  }
};

// acc ⊕ part, for one row.
inline void merge_row(const Partial& acc, const Partial& part, std::size_t row, std::size_t head) {
  if (part.max[row] == kMinusInfinity) return;
  const float before = acc.max[row], max = std::max(before, part.max[row]);
  const float keep = before == kMinusInfinity ? 0.0F : std::exp(before - max),
              add = std::exp(part.max[row] - max);
  acc.max[row] = max;
  acc.total[row] = acc.total[row] * keep + part.total[row] * add;
  float* sums = acc.sums + row * head;
  const float* more = part.sums + row * head;
  const __m512 keep16 = _mm512_set1_ps(keep), add16 = _mm512_set1_ps(add);
  for (std::size_t d = 0; d < head; d += 16) {
    const __m512 kept = _mm512_mul_ps(_mm512_loadu_ps(sums + d), keep16);
    _mm512_storeu_ps(sums + d, _mm512_fmadd_ps(_mm512_loadu_ps(more + d), add16, kept));
  }
}

inline void write_row(const Partial& from, std::size_t row, std::size_t head, float* out) {
  const float total = from.total[row];
  const __m512 inverse = _mm512_set1_ps(total > 0 ? 1.0F / total : 0.0F);
  for (std::size_t d = 0; d < head; d += 16)
    _mm512_storeu_ps(out + d, _mm512_mul_ps(_mm512_loadu_ps(from.sums + row * head + d), inverse));
}

}  // namespace
}  // namespace diptych::weights
