// 16 rows a vector, u8 weights times s8 activations by VPDPBUSD. Compiled with AVX-512 flags:
// nothing here may run before available() said so.

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "text/weights/kernels.h"

namespace diptych::weights {
namespace {

void quantize(const float* x, std::int64_t columns, int zero_point, const QuantizedRow& out) {
  for (std::int64_t b = 0; b < columns / kBlockColumns; ++b) {
    const __m512 low = _mm512_loadu_ps(x + b * kBlockColumns);
    const __m512 high = _mm512_loadu_ps(x + b * kBlockColumns + 16);
    const float largest =
        _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high)));
    const float scale = largest / 127.0F;
    const __m512 inverse = _mm512_set1_ps(largest > 0 ? 127.0F / largest : 0.0F);
    const __m512i low_codes = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
    const __m512i high_codes = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
    auto* codes = reinterpret_cast<__m128i*>(out.codes + b * kBlockColumns);
    _mm_storeu_si128(codes, _mm512_cvtsepi32_epi8(low_codes));
    _mm_storeu_si128(codes + 1, _mm512_cvtsepi32_epi8(high_codes));
    const std::int32_t sum = _mm512_reduce_add_epi32(_mm512_add_epi32(low_codes, high_codes));
    out.scale[b] = scale;
    out.scaled_sum[b] = scale * static_cast<float>(sum);
    out.offset[b] = -zero_point * sum;
  }
}

inline __m512i broadcast4(const std::int8_t* codes) {
  std::int32_t four;
  std::memcpy(&four, codes, 4);
  return _mm512_set1_epi32(four);
}

inline __m512 load_halves(const std::byte* halves) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves)));
}

template <int kBits>
inline void load_codes(const std::byte* block, int group, __m512i& first, __m512i& second) {
  if constexpr (kBits == 4) {
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i both = _mm512_loadu_si512(block + group * 64);
    first = _mm512_and_si512(both, nibble);
    second = _mm512_and_si512(_mm512_srli_epi16(both, 4), nibble);
  } else {
    first = _mm512_loadu_si512(block + group * 64);
    second = _mm512_loadu_si512(block + (group + 4) * 64);
  }
}

struct TileJob {
  const std::byte* tile;
  std::size_t tile_bytes, block_bytes;
  std::int64_t blocks;
};

// kTiles × 16 rows times kTokens tokens, all columns.
template <int kBits, bool kMin, bool kOffset, std::size_t kTiles, std::size_t kTokens>
inline void multiply_tile(const TileJob& job, const QuantizedRow* x, float* const* out,
                          __mmask16 last_mask) {
  constexpr int kCodeBytes = kTileRows * kBlockColumns * kBits / 8;
  __m512 sums[kTiles][kTokens];
  for (auto& row : sums)
    for (auto& sum : row) sum = _mm512_setzero_ps();

  for (std::int64_t b = 0; b < job.blocks; ++b) {
    const std::byte* block = job.tile + static_cast<std::size_t>(b) * job.block_bytes;
    __m512i dots[kTiles][kTokens];
    for (std::size_t t = 0; t < kTokens; ++t) {
      const __m512i start = kOffset ? _mm512_set1_epi32(x[t].offset[b]) : _mm512_setzero_si512();
      for (std::size_t tile = 0; tile < kTiles; ++tile) dots[tile][t] = start;
    }
    for (int group = 0; group < 4; ++group) {
      __m512i first[kTiles], second[kTiles];
      for (std::size_t tile = 0; tile < kTiles; ++tile) {
        const std::byte* codes = block + tile * job.tile_bytes;
        if constexpr (kTokens == 1)
          _mm_prefetch(reinterpret_cast<const char*>(codes + group * 64 + 1280), _MM_HINT_T0);
        load_codes<kBits>(codes, group, first[tile], second[tile]);
      }
      for (std::size_t t = 0; t < kTokens; ++t) {
        const std::int8_t* codes = x[t].codes + b * kBlockColumns + group * 4;
        const __m512i low = broadcast4(codes), high = broadcast4(codes + 16);
        for (std::size_t tile = 0; tile < kTiles; ++tile) {
          dots[tile][t] = _mm512_dpbusd_epi32(dots[tile][t], first[tile], low);
          dots[tile][t] = _mm512_dpbusd_epi32(dots[tile][t], second[tile], high);
        }
      }
    }
    for (std::size_t tile = 0; tile < kTiles; ++tile) {
      const std::byte* scales = block + tile * job.tile_bytes + kCodeBytes;
      const __m512 scale = load_halves(scales);
      for (std::size_t t = 0; t < kTokens; ++t) {
        const __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(x[t].scale[b]));
        sums[tile][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[tile][t]), both, sums[tile][t]);
      }
      if constexpr (kMin) {
        const __m512 min = load_halves(scales + 32);
        for (std::size_t t = 0; t < kTokens; ++t) {
          sums[tile][t] = _mm512_fmadd_ps(min, _mm512_set1_ps(x[t].scaled_sum[b]), sums[tile][t]);
        }
      }
    }
  }
  for (std::size_t tile = 0; tile < kTiles; ++tile) {
    const __mmask16 mask = tile == kTiles - 1 ? last_mask : static_cast<__mmask16>(0xffff);
    for (std::size_t t = 0; t < kTokens; ++t)
      _mm512_mask_storeu_ps(out[t] + tile * kTileRows, mask, sums[tile][t]);
  }
}

template <int kBits, bool kMin, bool kOffset>
struct Multiplier {
  const PackedShape& shape;
  const std::byte* packed;
  std::byte* rows;
  const Output& out;

  template <std::size_t kTiles, std::size_t kTokens>
  void run(std::int64_t tile, std::int64_t token) const {
    QuantizedRow x[kTokens];
    float* target[kTokens];
    for (std::size_t t = 0; t < kTokens; ++t) {
      x[t] = quantized_row_at(rows, shape.columns, token + static_cast<std::int64_t>(t));
      target[t] = out.data + (static_cast<std::size_t>(token) + t) * out.row_stride +
                  static_cast<std::size_t>(tile * kTileRows);
    }
    const TileJob job{packed + shape.tile_bytes() * static_cast<std::size_t>(tile),
                      shape.tile_bytes(), shape.block_bytes(), shape.block_count()};
    const std::int64_t last_tile = tile + static_cast<std::int64_t>(kTiles) - 1;
    const std::int64_t rest = shape.rows - last_tile * kTileRows;
    const auto mask = static_cast<__mmask16>(rest >= kTileRows ? 0xffff : (1 << rest) - 1);
    multiply_tile<kBits, kMin, kOffset, kTiles, kTokens>(job, x, target, mask);
  }

  // A few tiles stay in L1 while all tokens pass over them.
  void prefill(TileRange tiles, std::int64_t token_count) const {
    std::int64_t tile = tiles.first;
    for (; tile + 2 <= tiles.last; tile += 2) {
      std::int64_t t = 0;
      for (; t + 4 <= token_count; t += 4) run<2, 4>(tile, t);
      for (; t < token_count; ++t) run<2, 1>(tile, t);
    }
    for (; tile < tiles.last; ++tile) {
      std::int64_t t = 0;
      for (; t + 4 <= token_count; t += 4) run<1, 4>(tile, t);
      for (; t < token_count; ++t) run<1, 1>(tile, t);
    }
  }

  void decode(TileRange tiles) const {
    std::int64_t tile = tiles.first;
    for (; tile + 4 <= tiles.last; tile += 4) run<4, 1>(tile, 0);
    for (; tile < tiles.last; ++tile) run<1, 1>(tile, 0);
  }
};

template <int kBits, bool kMin, bool kOffset>
void multiply_as(const PackedMatrix& matrix, TileRange tiles, QuantizedRows x, const Output& out) {
  const Multiplier<kBits, kMin, kOffset> multiplier{matrix.shape, matrix.bytes, x.bytes, out};
  if (x.token_count == 1) {
    multiplier.decode(tiles);
  } else {
    multiplier.prefill(tiles, x.token_count);
  }
}

void multiply(const PackedMatrix& matrix, TileRange tiles, QuantizedRows x, const Output& out) {
  switch (matrix.shape.format) {
    case SourceFormat::kQ4_0:
      return multiply_as<4, false, true>(matrix, tiles, x, out);
    case SourceFormat::kQ4_1:
      return multiply_as<4, true, false>(matrix, tiles, x, out);
    case SourceFormat::kQ8_0:
      return multiply_as<8, false, true>(matrix, tiles, x, out);
  }
}

bool available() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

}  // namespace

const MatrixKernel kAvx512VnniKernel = {"avx512-vnni", available, quantize, multiply};

}  // namespace diptych::weights
