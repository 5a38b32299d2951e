#pragma once
// The kernel of attention over a type of products. A "word" is 32 bits of the inner dimension of a
// product: one f32, or two neighbouring bf16.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "compute/backends/onednn/kernels/attention.h"
#include "compute/backends/onednn/kernels/lanes.h"

namespace diptych::onednn {

struct F32Products {
  using Element = float;
  static constexpr std::int64_t kPerWord = 1;
  static constexpr int kExp2Degree = 6;
  static void store_shares(float* to, Lanes shares) { store(to, shares); }
  static std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }
  static Lanes add(Lanes sum, __m512i a, __m512i b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
};

namespace attention {

inline constexpr std::int64_t kRows = 6;  // queries of a register tile
inline constexpr std::int64_t kTiles =
    8;  // register tiles that share a block of keys in the first caches
inline constexpr std::int64_t kKeys = 256;  // keys of a block
inline constexpr int kVectors = 4;  // vectors of a register tile: 6·4 sums, 4 operands, 1 broadcast

inline std::int64_t up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

template <class Products>
struct Sizes {
  explicit Sizes(const AttentionRun& run)
      : head_words(up(run.head_size, Products::kPerWord) / Products::kPerWord),
        keys(up(run.keys, 64)),
        key_words(keys / Products::kPerWord),
        values(up(run.value_size, 16)) {}
  std::int64_t head_words, keys, key_words, values;
  std::int64_t packed_keys() const { return head_words * keys; }  // words of one head
  std::int64_t packed_values() const { return key_words * values; }
};

// One head of k as [keys/16][head_words][16] words, and of v as [key_words][values] words.
template <class Products>
class Packed {
 public:
  using T = typename Products::Element;
  Packed(const AttentionRun& run, std::int64_t batch, std::int64_t head)
      : run_(run), sizes_(run), batch_(batch), head_(head) {
    auto* words = reinterpret_cast<std::uint32_t*>(run.scratch);
    keys_ = words + (batch * run.heads + head) * (sizes_.packed_keys() + sizes_.packed_values());
    values_ = keys_ + sizes_.packed_keys();
  }

  const std::uint32_t* keys(std::int64_t key, std::int64_t word) const {
    return keys_ + (key / 16 * sizes_.head_words + word) * 16;
  }
  std::int64_t key_block_stride() const { return sizes_.head_words * 16; }
  const std::uint32_t* values(std::int64_t key_word) const {
    return values_ + key_word * sizes_.values;
  }

  void pack() {
    std::vector<std::uint32_t> row(static_cast<std::size_t>(sizes_.head_words));
    for (std::int64_t key = 0; key < sizes_.keys; ++key) {
      if (key < run_.keys)
        std::memcpy(row.data(), row_of(run_.k, key, run_.head_size), bytes(run_.head_size));
      else
        std::ranges::fill(row, 0U);
      std::uint32_t* to = keys_ + key / 16 * key_block_stride() + key % 16;
      for (std::int64_t i = 0; i < sizes_.head_words; ++i)
        to[i * 16] = row[static_cast<std::size_t>(i)];
    }
    for (std::int64_t word = 0; word < sizes_.key_words; ++word) pack_values(word);
  }

 private:
  static std::size_t bytes(std::int64_t count) {
    return static_cast<std::size_t>(count) * sizeof(T);
  }
  const T* row_of(const void* tensor, std::int64_t key, std::int64_t size) const {
    return static_cast<const T*>(tensor) + ((batch_ * run_.keys + key) * run_.heads + head_) * size;
  }

  void pack_values(std::int64_t word) {
    std::uint32_t* to = values_ + word * sizes_.values;
    std::memset(to, 0, static_cast<std::size_t>(sizes_.values) * 4);
    for (std::int64_t part = 0; part < Products::kPerWord; ++part) {
      const std::int64_t key = word * Products::kPerWord + part;
      if (key >= run_.keys) return;
      const T* from = row_of(run_.v, key, run_.value_size);
      for (std::int64_t i = 0; i < run_.value_size; ++i)
        to[i] |= Products::bits(from[i]) << (16 * part);
    }
  }

  const AttentionRun& run_;
  const Sizes<Products> sizes_;
  const std::int64_t batch_, head_;
  std::uint32_t *keys_, *values_;
};

// sums[row][vector] += Σ over `words` of a[row] · b. a: rows of words, b: vectors of 16 words.
struct TileOperands {
  const std::uint32_t* a;
  std::int64_t a_stride;
  const std::uint32_t* b;
  std::int64_t b_word_stride, b_vector_stride, words;
};
template <class Products, int Vectors>
inline void multiply_tile(const TileOperands& o, Lanes (&sums)[kRows][Vectors]) {
  for (std::int64_t word = 0; word < o.words; ++word) {
    __m512i b[Vectors];
    for (int v = 0; v < Vectors; ++v)
      b[v] = _mm512_loadu_si512(o.b + word * o.b_word_stride + v * o.b_vector_stride);
    for (std::int64_t row = 0; row < kRows; ++row) {
      const __m512i a = _mm512_set1_epi32(static_cast<int>(o.a[row * o.a_stride + word]));
      for (int v = 0; v < Vectors; ++v) sums[row][v] = Products::add(sums[row][v], a, b[v]);
    }
  }
}

// What one thread holds for kTiles · kRows queries.
template <class Products>
class QueryBlock {
 public:
  using T = typename Products::Element;
  static constexpr std::int64_t kQueries = kRows * kTiles;

  explicit QueryBlock(const AttentionRun& run)
      : run_(run),
        sizes_(run),
        q_(static_cast<std::size_t>(kQueries * sizes_.head_words)),
        sums_(static_cast<std::size_t>(kQueries * sizes_.values)) {}

  void run(const Packed<Products>& packed, std::int64_t batch, std::int64_t head,
           std::int64_t first) {
    batch_ = batch, head_ = head, first_ = first;
    count_ = std::min(kQueries, run_.queries - first);
    load_queries();
    std::ranges::fill(sums_, 0.0F);
    std::fill_n(top_, kQueries, -std::numeric_limits<float>::infinity());
    std::fill_n(weight_, kQueries, 0.0F);
    const std::int64_t keys = run_.causal ? std::min(run_.keys, first + count_) : run_.keys;
    for (std::int64_t key = 0; key < keys; key += kKeys) {
      const std::int64_t width = std::min(kKeys, sizes_.keys - key);
      for (std::int64_t tile = 0; tile * kRows < count_; ++tile) {
        score(packed, tile, key, width);
        for (std::int64_t row = 0; row < kRows; ++row) soften(tile * kRows + row, row, key, width);
        gather(packed, tile, key, width);
      }
    }
    write();
  }

 private:
  void load_queries() {
    std::memset(q_.data(), 0, q_.size() * 4);
    for (std::int64_t row = 0; row < count_; ++row) {
      const T* q = static_cast<const T*>(run_.q) +
                   ((batch_ * run_.queries + first_ + row) * run_.heads + head_) * run_.head_size;
      std::memcpy(q_.data() + row * sizes_.head_words, q,
                  static_cast<std::size_t>(run_.head_size) * sizeof(T));
    }
  }

  void score(const Packed<Products>& packed, std::int64_t tile, std::int64_t key,
             std::int64_t width) {
    for (std::int64_t at = 0; at < width; at += 16 * kVectors) {
      Lanes sums[kRows][kVectors] = {};
      multiply_tile<Products, kVectors>({.a = q_.data() + tile * kRows * sizes_.head_words,
                                         .a_stride = sizes_.head_words,
                                         .b = packed.keys(key + at, 0),
                                         .b_word_stride = 16,
                                         .b_vector_stride = packed.key_block_stride(),
                                         .words = sizes_.head_words},
                                        sums);
      for (std::int64_t row = 0; row < kRows; ++row)
        for (int v = 0; v < kVectors; ++v) store(scores_[row] + at + v * 16, sums[row][v]);
    }
  }

  // How many of the keys from `key` on this query sees.
  std::int64_t seen(std::int64_t query, std::int64_t key, std::int64_t width) const {
    const std::int64_t all = std::min(width, run_.keys - key);
    return run_.causal ? std::clamp(first_ + query + 1 - key, std::int64_t{0}, all) : all;
  }

  // The mask counts before the scale: s·scale + m = (s + m/scale)·scale.
  void add_mask(std::int64_t query, float* scores, std::int64_t key, std::int64_t count) const {
    const auto& strides = run_.mask_strides;
    const float* row =
        run_.mask + batch_ * strides[0] + head_ * strides[1] + (first_ + query) * strides[2];
    const Lanes unscale = splat(1 / run_.scale);
    for (std::int64_t i = 0; i < count; i += 16) {
      const auto mask = first_lanes(static_cast<std::size_t>(count - i));
      const Lanes m = strides[3] == 0 ? splat(row[0]) : load(row + key + i, mask);
      store(scores + i, _mm512_fmadd_ps(m, unscale, load(scores + i)));
    }
  }

  // Scores of one row become shares of what was seen so far; what was gathered before is scaled to
  // them.
  void soften(std::int64_t query, std::int64_t row, std::int64_t key, std::int64_t width) {
    float* scores = scores_[row];
    const std::int64_t count = query < count_ ? seen(query, key, width) : 0;
    if (run_.mask != nullptr) add_mask(query, scores, key, count);
    Lanes top = splat(top_[query]);
    for (std::int64_t i = 0; i < count; i += 16) {
      const auto mask = first_lanes(static_cast<std::size_t>(count - i));
      top = _mm512_mask_max_ps(top, mask, top, load(scores + i));
    }
    const float largest = _mm512_reduce_max_ps(top);
    const bool any = largest > -std::numeric_limits<float>::infinity();
    const float factor = run_.scale * std::numbers::log2e_v<float>;
    const Lanes shift = splat(any ? largest * factor : 0.0F);
    Lanes sum = _mm512_setzero_ps();
    for (std::int64_t i = 0; i < width; i += 16) {
      const auto mask =
          i < count && any ? first_lanes(static_cast<std::size_t>(count - i)) : __mmask16{0};
      const Lanes power = _mm512_maskz_fmsub_ps(mask, load(scores + i), splat(factor), shift);
      const Lanes share = _mm512_maskz_mov_ps(mask, exp2_of<Products::kExp2Degree>(power));
      sum = _mm512_add_ps(sum, share);
      Products::store_shares(shares_[row] + i, share);
    }
    const float kept = any ? std::exp2((top_[query] - largest) * factor) : 1.0F;
    weight_[query] = weight_[query] * kept + _mm512_reduce_add_ps(sum);
    top_[query] = largest;
    kept_[row] = kept;
  }

  template <int Vectors>
  void gather_columns(const Packed<Products>& packed, std::int64_t tile, std::int64_t key_word,
                      std::int64_t words, std::int64_t column) {
    float* at = sums_.data() + tile * kRows * sizes_.values + column;
    Lanes sums[kRows][Vectors];
    for (std::int64_t row = 0; row < kRows; ++row)
      for (int v = 0; v < Vectors; ++v)
        sums[row][v] = _mm512_mul_ps(load(at + row * sizes_.values + v * 16), splat(kept_[row]));
    multiply_tile<Products, Vectors>({.a = reinterpret_cast<const std::uint32_t*>(shares_[0]),
                                      .a_stride = kKeys / Products::kPerWord,
                                      .b = packed.values(key_word) + column,
                                      .b_word_stride = sizes_.values,
                                      .b_vector_stride = 16,
                                      .words = words},
                                     sums);
    for (std::int64_t row = 0; row < kRows; ++row)
      for (int v = 0; v < Vectors; ++v) store(at + row * sizes_.values + v * 16, sums[row][v]);
  }

  void gather(const Packed<Products>& packed, std::int64_t tile, std::int64_t key,
              std::int64_t width) {
    const std::int64_t key_word = key / Products::kPerWord, words = width / Products::kPerWord;
    std::int64_t column = 0;
    for (; column + 64 <= sizes_.values; column += 64)
      gather_columns<4>(packed, tile, key_word, words, column);
    const std::int64_t rest = (sizes_.values - column) / 16;
    if (rest == 3) gather_columns<3>(packed, tile, key_word, words, column);
    if (rest == 2) gather_columns<2>(packed, tile, key_word, words, column);
    if (rest == 1) gather_columns<1>(packed, tile, key_word, words, column);
  }

  void write() const {
    for (std::int64_t row = 0; row < count_; ++row) {
      T* to = static_cast<T*>(run_.to) +
              ((batch_ * run_.queries + first_ + row) * run_.heads + head_) * run_.value_size;
      const Lanes scale = splat(weight_[row] > 0 ? 1 / weight_[row] : 0.0F);
      for (std::int64_t i = 0; i < run_.value_size; i += 16)
        store(to + i, _mm512_mul_ps(load(sums_.data() + row * sizes_.values + i), scale),
              first_lanes(static_cast<std::size_t>(run_.value_size - i)));
    }
  }

  const AttentionRun& run_;
  const Sizes<Products> sizes_;
  std::int64_t batch_ = 0, head_ = 0, first_ = 0, count_ = 0;
  std::vector<std::uint32_t> q_;  // [kQueries, head_words]
  std::vector<float> sums_;       // [kQueries, values]
  float top_[kQueries], weight_[kQueries];
  alignas(64) float scores_[kRows][kKeys];
  alignas(64) T shares_[kRows][kKeys];
  float kept_[kRows];
};

}  // namespace attention

template <class Products>
void run_attention_of(const AttentionRun& run) {
  using namespace attention;
  const std::int64_t heads = run.batch * run.heads;
  const std::int64_t blocks =
      (run.queries + QueryBlock<Products>::kQueries - 1) / QueryBlock<Products>::kQueries;
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < heads; ++i)
      Packed<Products>(run, i / run.heads, i % run.heads).pack();
    QueryBlock<Products> block(run);
#pragma omp for schedule(dynamic, 4)
    for (std::int64_t i = 0; i < heads * blocks; ++i) {
      const std::int64_t batch = i / blocks / run.heads, head = i / blocks % run.heads;
      block.run(Packed<Products>(run, batch, head), batch, head,
                i % blocks * QueryBlock<Products>::kQueries);
    }
  }
}

}  // namespace diptych::onednn
