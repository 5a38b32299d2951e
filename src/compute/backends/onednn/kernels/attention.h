#pragma once
// softmax(q·kᵀ·scale + mask)·v, without ever holding the scores of more than a block (online
// softmax as in Dao et al. 2022, FlashAttention, algorithm 1). Scores and sums are f32; products
// are bf16 where the cells are.

#include <cstddef>
#include <cstdint>

#include "compute/backends/onednn/stored.h"

namespace diptych::onednn {

struct AttentionRun {
  Cell cell = Cell::kF32;   // of q, k, v and the result; kBf16 needs AVX512_BF16
  const void* q = nullptr;  // [batch, queries, heads · head_size]
  const void* k = nullptr;  // [batch, keys, heads · head_size]
  const void* v = nullptr;  // [batch, keys, heads · value_size]
  void* to = nullptr;       // [batch, queries, heads · value_size]
  const float* mask = nullptr;
  Strides mask_strides{};  // of batch, head, query, key; 0 where it is repeated
  std::int64_t batch = 0, heads = 0, queries = 0, keys = 0, head_size = 0, value_size = 0;
  float scale = 1;
  bool causal = false;
  std::byte* scratch = nullptr;  // attention_scratch_bytes(run), aligned to 64
};
std::size_t attention_scratch_bytes(const AttentionRun& run);
void run_attention(const AttentionRun& run);  // CHECKs that the CPU can

// attention_f32.cc, attention_bf16.cc: the same code for two instruction sets.
void run_attention_f32(const AttentionRun& run);
void run_attention_bf16(const AttentionRun& run);

}  // namespace diptych::onednn
