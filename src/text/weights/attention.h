#pragma once
// Causal attention over a key/value cache that many sequences share. Each query reads only its own
// cells, so cells of other sequences cost nothing; a query's result depends on its own cells alone,
// in the order they were
// written, never on where they lie, on the rest of the batch or on the number of threads.
//
// Keys and values are f16, arithmetic is f32. A query's visible cells are cut into partitions of
// 256; each partition gives a partial softmax (max, total, weighted sum), and partials are merged
// in order. Large batches give whole queries to threads; small ones give single partitions to
// threads and merge after a barrier. Both compute the same numbers.

#include <cstddef>
#include <cstdint>

namespace diptych::weights {

struct AttentionShape {
  int head_size = 0;    // multiple of 16, at most 256; the same for keys and values
  int query_heads = 0;  // a multiple of kv_heads
  int kv_heads = 0;
  std::int64_t token_count = 0;
  std::int64_t cell_count = 0;
};

struct AttentionInput {  // strides in elements
  const float* query;    // [token, query head, head_size]
  std::size_t query_token_stride, query_head_stride;
  const std::uint16_t* key;  // [cell, kv head, head_size], f16
  std::size_t key_cell_stride, key_head_stride;
  const std::uint16_t* value;
  std::size_t value_cell_stride, value_head_stride;
  const std::uint16_t* mask;  // [token, cell], f16: 0 = visible, −inf = not
  std::size_t mask_token_stride;
  // [cell]: order of writing, see write_order.h; nullptr: cells are taken in ascending order.
  const std::uint64_t* write_order;
  float scale;  // on query · key
  float* out;   // [token, query head, head_size]
  std::size_t out_token_stride, out_head_stride;
};

struct Team {
  int index, count;  // this thread of so many
};

bool attention_supported(const AttentionShape& shape);  // by the fast kernel, on this CPU
// Work space of the whole team, 64-byte aligned.
std::size_t attention_scratch_bytes(const AttentionShape& shape, int thread_count);

// Every thread calls attend(); when it answers kMergeNeeded (all answer the same), every thread
// passes a barrier and calls attend_merge() with the same arguments.
enum class Attended { kDone, kMergeNeeded };
Attended attend(const AttentionShape& shape, const AttentionInput& input, Team team,
                std::byte* scratch);
void attend_merge(const AttentionShape& shape, const AttentionInput& input, Team team,
                  std::byte* scratch);

}  // namespace diptych::weights
