// Compiled with AVX-512 and BMI2 flags: nothing but attention_supported() may run before it said
// yes.

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "text/weights/attention.h"

namespace diptych::weights {
namespace {

constexpr int kChunk = 64;  // cells handled at once
constexpr int kVectors = kChunk / 16;
constexpr int kBlockTokens = 16;  // queries that may share one pass over their cells
constexpr int kRowsMax = 64;      // of one pass: tokens × query heads of one kv head
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

using Word = std::uint64_t;

int block_tokens(const AttentionShape& shape) {
  return std::clamp(kRowsMax / (shape.query_heads / shape.kv_heads), 1, kBlockTokens);
}
std::size_t word_count(const AttentionShape& shape) {
  return static_cast<std::size_t>((shape.cell_count + 63) / 64);
}

// One thread's work space, carved from the scratch bytes.
struct Scratch {
  Word* visible;        // [block tokens, words]: bit = the query sees the cell
  Word* packed;         // [block tokens, words]: the same over the run's cell list
  std::int32_t* cells;  // the run's cells, ascending
  float* keys;          // [head_size, kChunk], transposed
  float* values;        // [kChunk, head_size]
  float* scores;        // [rows, kChunk]
  float* sums;          // [rows, head_size]
  float* row_max;       // [rows]
  float* row_total;     // [rows]
  float* row_factor;    // [rows]
};

template <class T>
std::size_t carve(std::byte* base, std::size_t offset, std::size_t count, T*& part) {
  part = reinterpret_cast<T*>(base + offset);
  return offset + (count * sizeof(T) + 63) / 64 * 64;
}

std::size_t lay_out(const AttentionShape& shape, std::byte* base, Scratch& s) {
  const auto head = static_cast<std::size_t>(shape.head_size);
  const std::size_t rows = kRowsMax + static_cast<std::size_t>(shape.query_heads / shape.kv_heads);
  std::size_t end = carve(base, 0, word_count(shape) * kBlockTokens, s.visible);
  end = carve(base, end, (word_count(shape) + 2) * kBlockTokens, s.packed);
  end = carve(base, end, word_count(shape) * 64 + kChunk, s.cells);
  end = carve(base, end, head * kChunk, s.keys);
  end = carve(base, end, head * kChunk, s.values);
  end = carve(base, end, rows * kChunk, s.scores);
  end = carve(base, end, rows * head, s.sums);
  end = carve(base, end, rows, s.row_max);
  end = carve(base, end, rows, s.row_total);
  return carve(base, end, rows, s.row_factor);
}

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

void find_visible(const std::uint16_t* mask, std::int64_t cell_count, Word* visible) {
  const __m512i sign = _mm512_set1_epi16(static_cast<short>(0x8000));
  for (std::int64_t cell = 0; cell < cell_count; cell += 64) {
    const auto rest = static_cast<int>(std::min<std::int64_t>(64, cell_count - cell));
    const Word present = rest == 64 ? ~Word{0} : (Word{1} << rest) - 1;
    const auto low = static_cast<__mmask32>(present), high = static_cast<__mmask32>(present >> 32);
    const __m512i first = _mm512_maskz_loadu_epi16(low, mask + cell);
    const __m512i second = _mm512_maskz_loadu_epi16(high, mask + cell + 32);
    const Word a = _mm512_mask_testn_epi16_mask(low, first, sign);
    const Word b = _mm512_mask_testn_epi16_mask(high, second, sign);
    *visible++ = a | b << 32;
  }
}

bool contains(const Word* all, const Word* part, std::size_t words) {
  for (std::size_t w = 0; w < words; ++w)
    if ((part[w] & ~all[w]) != 0) return false;
  return true;
}

std::int64_t list_cells(const Word* visible, std::size_t words, std::int32_t* cells) {
  std::int64_t count = 0;
  for (std::size_t w = 0; w < words; ++w) {
    for (Word bits = visible[w]; bits != 0; bits &= bits - 1) {
      cells[count++] = static_cast<std::int32_t>(w * 64) + std::countr_zero(bits);
    }
  }
  return count;
}

// Which entries of the run's cell list one query sees: its bits at the list's cells, moved
// together.
void pack_visible(const Word* visible, const Word* list, std::size_t words, Word* packed) {
  std::memset(packed, 0, (words + 2) * sizeof(Word));
  std::size_t bit = 0;
  for (std::size_t w = 0; w < words; ++w) {
    if (list[w] == 0) continue;
    const Word bits = _pext_u64(visible[w], list[w]);
    packed[bit / 64] |= bits << (bit % 64);
    if (bit % 64 != 0) packed[bit / 64 + 1] |= bits >> (64 - bit % 64);
    bit += static_cast<std::size_t>(std::popcount(list[w]));
  }
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

struct Pass {  // one run of queries over one kv head
  const AttentionShape& shape;
  const AttentionInput& input;
  const Scratch& s;
  std::int64_t first_token;
  int token_count, kv_head, group;  // group: query heads per kv head
  std::size_t packed_words;

  int rows() const { return token_count * group; }
  std::size_t head() const { return static_cast<std::size_t>(shape.head_size); }
  const float* query_row(int row) const {
    const auto token = static_cast<std::size_t>(first_token + row / group);
    const auto query_head = static_cast<std::size_t>(kv_head * group + row % group);
    return input.query + token * input.query_token_stride + query_head * input.query_head_stride;
  }

  void load_chunk(const std::int32_t* cells, int count) const {
    const auto kv = static_cast<std::size_t>(kv_head);
    for (int base = 0; base < kChunk && base < count; base += 16) {
      for (std::size_t d = 0; d < head(); d += 16) {
        __m512 rows16[16];
        for (int i = 0; i < 16; ++i) {
          const auto cell = static_cast<std::size_t>(cells[std::min(base + i, count - 1)]);
          rows16[i] = load_halves(input.key + cell * input.key_cell_stride +
                                  kv * input.key_head_stride + d);
        }
        transpose16(rows16);
        for (std::size_t i = 0; i < 16; ++i)
          _mm512_storeu_ps(s.keys + (d + i) * kChunk + base, rows16[i]);
      }
    }
    for (int c = 0; c < count; ++c) {
      const auto cell = static_cast<std::size_t>(cells[c]);
      const std::uint16_t* from =
          input.value + cell * input.value_cell_stride + kv * input.value_head_stride;
      float* to = s.values + static_cast<std::size_t>(c) * head();
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
      const float* key = s.keys + d * kChunk;
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
        _mm512_storeu_ps(s.scores + (row + r) * kChunk + v * 16, _mm512_mul_ps(acc[r][v], scale));
  }

  // Scores to weights of the chunk, keeping the running maximum and total of each row.
  void weigh_row(int row, Word visible) const {
    float* scores = s.scores + row * kChunk;
    __m512 values[kVectors], largest = _mm512_set1_ps(kMinusInfinity);
    for (int v = 0; v < kVectors; ++v) {
      const auto mask = static_cast<__mmask16>(visible >> (16 * v));
      values[v] = _mm512_mask_loadu_ps(_mm512_set1_ps(kMinusInfinity), mask, scores + v * 16);
      largest = _mm512_max_ps(largest, values[v]);
    }
    const float before = s.row_max[row];
    const float now = std::max(before, _mm512_reduce_max_ps(largest));
    s.row_max[row] = now;
    s.row_factor[row] = before == kMinusInfinity ? 0.0F : std::exp(before - now);
    __m512 total = _mm512_setzero_ps();
    for (int v = 0; v < kVectors; ++v) {
      const auto mask = static_cast<__mmask16>(visible >> (16 * v));
      const __m512 weight =
          _mm512_maskz_mov_ps(mask, exp_nonpositive(_mm512_sub_ps(values[v], _mm512_set1_ps(now))));
      total = _mm512_add_ps(total, weight);
      _mm512_storeu_ps(scores + v * 16, weight);
    }
    s.row_total[row] = s.row_total[row] * s.row_factor[row] + _mm512_reduce_add_ps(total);
  }

  template <int kRows>
  void mix_rows(int row, int count) const {
    for (std::size_t d = 0; d < head(); d += 64) {
      const auto parts = static_cast<int>(std::min<std::size_t>(4, (head() - d) / 16));
      __m512 acc[kRows][4];
      for (int r = 0; r < kRows; ++r) {
        const __m512 factor = _mm512_set1_ps(s.row_factor[row + r]);
        const float* sums = s.sums + static_cast<std::size_t>(row + r) * head() + d;
        for (int p = 0; p < 4; ++p)
          acc[r][p] = p < parts ? _mm512_mul_ps(_mm512_loadu_ps(sums + p * 16), factor)
                                : _mm512_setzero_ps();
      }
      for (int c = 0; c < count; ++c) {
        const float* from = s.values + static_cast<std::size_t>(c) * head() + d;
        __m512 value[4];
        for (int p = 0; p < 4; ++p)
          value[p] = p < parts ? _mm512_loadu_ps(from + p * 16) : _mm512_setzero_ps();
        for (int r = 0; r < kRows; ++r) {
          const __m512 weight = _mm512_set1_ps(s.scores[(row + r) * kChunk + c]);
          for (int p = 0; p < 4; ++p) acc[r][p] = _mm512_fmadd_ps(weight, value[p], acc[r][p]);
        }
      }
      for (int r = 0; r < kRows; ++r)
        for (int p = 0; p < parts; ++p)
          _mm512_storeu_ps(s.sums + static_cast<std::size_t>(row + r) * head() + d +
                               static_cast<std::size_t>(p) * 16,
                           acc[r][p]);
    }
  }

  void run(std::int64_t cell_count) const {
    for (int row = 0; row < rows(); ++row) {
      s.row_max[row] = kMinusInfinity;
      s.row_total[row] = 0;
    }
    std::memset(s.sums, 0, static_cast<std::size_t>(rows()) * head() * sizeof(float));
    for (std::int64_t first = 0; first < cell_count; first += kChunk) {
      const auto count = static_cast<int>(std::min<std::int64_t>(kChunk, cell_count - first));
      load_chunk(s.cells + first, count);
      int row = 0;
      for (; row + 6 <= rows(); row += 6) score_rows<6>(row);
      for (; row + 3 <= rows(); row += 3) score_rows<3>(row);
      for (; row < rows(); ++row) score_rows<1>(row);
      for (row = 0; row < rows(); ++row) {
        const auto token = static_cast<std::size_t>(row / group);
        weigh_row(row, s.packed[token * packed_words + static_cast<std::size_t>(first / kChunk)]);
      }
      for (row = 0; row + 6 <= rows(); row += 6) mix_rows<6>(row, count);
      for (; row + 3 <= rows(); row += 3) mix_rows<3>(row, count);
      for (; row < rows(); ++row) mix_rows<1>(row, count);
    }
    for (int row = 0; row < rows(); ++row) write_row(row);
  }

  void write_row(int row) const {
    const float total = s.row_total[row];
    const __m512 inverse = _mm512_set1_ps(total > 0 ? 1.0F / total : 0.0F);
    const auto token = static_cast<std::size_t>(first_token + row / group);
    const auto query_head = static_cast<std::size_t>(kv_head * group + row % group);
    float* out = input.out + token * input.out_token_stride + query_head * input.out_head_stride;
    const float* sums = s.sums + static_cast<std::size_t>(row) * head();
    for (std::size_t d = 0; d < head(); d += 16)
      _mm512_storeu_ps(out + d, _mm512_mul_ps(_mm512_loadu_ps(sums + d), inverse));
  }
};

struct HeadRange {
  int first, last;
};

// Consecutive queries whose views grow (one sequence, causal) share a pass over the last one's
// cells.
void attend_block(const AttentionShape& shape, const AttentionInput& input, const Scratch& s,
                  std::int64_t first_token, HeadRange heads) {
  const std::size_t words = word_count(shape);
  const auto count = static_cast<int>(
      std::min<std::int64_t>(block_tokens(shape), shape.token_count - first_token));
  for (int t = 0; t < count; ++t) {
    find_visible(input.mask + static_cast<std::size_t>(first_token + t) * input.mask_token_stride,
                 shape.cell_count, s.visible + static_cast<std::size_t>(t) * words);
  }
  for (int begin = 0; begin < count;) {
    int end = begin + 1;
    const auto view = [&](int t) { return s.visible + static_cast<std::size_t>(t) * words; };
    while (end < count && contains(view(end), view(end - 1), words)) ++end;
    const Word* list = view(end - 1);
    const std::int64_t cells = list_cells(list, words, s.cells);
    for (int t = begin; t < end; ++t) {
      pack_visible(view(t), list, words,
                   s.packed + static_cast<std::size_t>(t - begin) * (words + 2));
    }
    for (int head = heads.first; head < heads.last; ++head) {
      const Pass pass{shape,
                      input,
                      s,
                      first_token + begin,
                      end - begin,
                      head,
                      shape.query_heads / shape.kv_heads,
                      words + 2};
      pass.run(cells);
    }
    begin = end;
  }
}

}  // namespace

bool attention_supported(const AttentionShape& shape) {
  __builtin_cpu_init();
  const bool cpu = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("bmi2");
  return cpu && shape.head_size % 16 == 0 && shape.head_size <= 256 && shape.kv_heads > 0 &&
         shape.query_heads % shape.kv_heads == 0 && shape.query_heads / shape.kv_heads <= kRowsMax;
}

std::size_t attention_scratch_bytes(const AttentionShape& shape) {
  Scratch unused{};
  return lay_out(shape, nullptr, unused);
}

void attend(const AttentionShape& shape, const AttentionInput& input, Team team,
            std::byte* scratch) {
  Scratch s{};
  lay_out(shape, scratch, s);
  const int per_block = block_tokens(shape);
  const std::int64_t blocks = (shape.token_count + per_block - 1) / per_block;
  if (blocks >= 2 * team.count) {
    for (std::int64_t block = team.index; block < blocks; block += team.count) {
      attend_block(shape, input, s, block * per_block, {0, shape.kv_heads});
    }
    return;
  }
  for (std::int64_t item = team.index; item < blocks * shape.kv_heads; item += team.count) {
    const auto head = static_cast<int>(item % shape.kv_heads);
    attend_block(shape, input, s, item / shape.kv_heads * per_block, {head, head + 1});
  }
}

}  // namespace diptych::weights
