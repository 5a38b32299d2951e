// Which queries share a pass, and which thread computes it. Compiled with AVX-512 and BMI2 flags:
// nothing but attention_supported() may run before it said yes.

#include <bit>

#include "text/weights/attention.h"
#include "text/weights/attention_pass.h"

namespace diptych::weights {
namespace {

constexpr int kPartition = 256;      // visible cells of one partial softmax, a multiple of kChunk
constexpr int kBlockTokens = 16;     // queries that may share one pass over their cells
constexpr int kRowsMax = 64;         // of one pass: tokens × query heads of one kv head
constexpr int kSplitTokensMax = 32;  // small batches are split by partitions

int group_of(const AttentionShape& shape) { return shape.query_heads / shape.kv_heads; }
int block_tokens(const AttentionShape& shape) {
  return std::clamp(kRowsMax / group_of(shape), 1, kBlockTokens);
}
std::int64_t block_count(const AttentionShape& shape) {
  return (shape.token_count + block_tokens(shape) - 1) / block_tokens(shape);
}
std::size_t word_count(const AttentionShape& shape) {
  return static_cast<std::size_t>((shape.cell_count + 63) / 64);
}
std::int64_t partition_count(std::int64_t cells) { return (cells + kPartition - 1) / kPartition; }
bool split_by_partition(const AttentionShape& shape, int threads) {
  return shape.token_count <= kSplitTokensMax && block_count(shape) < 2 * threads;
}

struct Scratch {        // one thread's
  Word* visible;        // [block tokens, words]: bit = the query sees the cell
  Word* packed;         // [block tokens, words + 2]: the same over the run's cell list
  std::int32_t* cells;  // the run's cells, as they were written
  PassSpace space;
  Partial acc, part;  // [block tokens × query heads]
};

class Carver {  // hands out parts of a byte range; with a null base it only measures
 public:
  explicit Carver(std::byte* base) : base_(base) {}
  template <class T>
  void operator()(T*& part, std::size_t count) {
    part = reinterpret_cast<T*>(base_ + used_);
    used_ += (count * sizeof(T) + 63) / 64 * 64;
  }
  void operator()(Partial& part, std::size_t rows, std::size_t head) {
    (*this)(part.max, rows);
    (*this)(part.total, rows);
    (*this)(part.sums, rows* head);
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

std::size_t lay_out(const AttentionShape& shape, std::byte* base, Scratch& s) {
  const auto head = static_cast<std::size_t>(shape.head_size);
  const auto tokens = static_cast<std::size_t>(block_tokens(shape));
  const auto rows = tokens * static_cast<std::size_t>(shape.query_heads);
  const auto pass_rows = tokens * static_cast<std::size_t>(group_of(shape));
  Carver carve(base);
  carve(s.visible, word_count(shape) * tokens);
  carve(s.packed, (word_count(shape) + 2) * tokens);
  carve(s.cells, word_count(shape) * 64);
  carve(s.space.keys, head * kChunk);
  carve(s.space.values, head * kChunk);
  carve(s.space.scores, pass_rows * kChunk);
  carve(s.space.factors, pass_rows);
  carve(s.acc, rows, head);
  carve(s.part, rows, head);
  return carve.used();
}

// Of one (token, partition) of a split batch, in the part of the scratch that the team shares.
std::size_t shared_partial_bytes(const AttentionShape& shape) {
  Partial unused{};
  Carver carve(nullptr);
  carve(unused, static_cast<std::size_t>(shape.query_heads),
        static_cast<std::size_t>(shape.head_size));
  return carve.used();
}
Partial shared_partial(const AttentionShape& shape, Team team, std::byte* scratch,
                       std::int64_t token, std::int64_t part) {
  Scratch unused{};
  const std::size_t per_thread = lay_out(shape, nullptr, unused);
  const std::int64_t index = token * partition_count(shape.cell_count) + part;
  Carver carve(scratch + per_thread * static_cast<std::size_t>(team.count) +
               shared_partial_bytes(shape) * static_cast<std::size_t>(index));
  Partial partial{};
  carve(partial, static_cast<std::size_t>(shape.query_heads),
        static_cast<std::size_t>(shape.head_size));
  return partial;
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
  Word missing = 0;
  for (std::size_t w = 0; w < words; ++w) missing |= part[w] & ~all[w];
  return missing == 0;
}

std::int64_t count_cells(const Word* visible, std::size_t words) {
  std::int64_t count = 0;
  for (std::size_t w = 0; w < words; ++w) count += std::popcount(visible[w]);
  return count;
}

std::int64_t list_cells(const Word* visible, std::size_t words, std::int32_t* cells) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  std::int64_t count = 0;
  for (std::size_t w = 0; w < words; ++w) {
    if (visible[w] == 0) continue;
    for (int quarter = 0; quarter < 4; ++quarter) {
      const auto mask = static_cast<__mmask16>(visible[w] >> (16 * quarter));
      const __m512i index =
          _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(w * 64) + quarter * 16));
      _mm512_mask_compressstoreu_epi32(cells + count, mask, index);
      count += std::popcount(static_cast<unsigned>(mask));
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

// Consecutive queries whose views grow (one sequence, causal): they share a pass over the last
// one's cells.
struct Run {
  std::int64_t first_token;
  int token_count;
  std::int64_t cell_count;
};

class Attender {
 public:
  Attender(const AttentionShape& shape, const AttentionInput& input, Team team, std::byte* scratch)
      : shape_(shape), input_(input), team_(team), scratch_(scratch), words_(word_count(shape)) {
    Scratch unused{};
    lay_out(shape, scratch + lay_out(shape, nullptr, unused) * static_cast<std::size_t>(team.index),
            s_);
  }

  void whole_blocks() {
    for (std::int64_t block = team_.index; block < block_count(shape_); block += team_.count) {
      find_block(block);
      for (int begin = 0; begin < tokens_;) {
        const Run run = start_run(begin, tokens_);
        list_run(run, begin);
        compute_run(run);
        begin += run.token_count;
      }
    }
  }

  // Each query on its own; the partitions of all queries go round the team.
  void single_partitions() {
    std::int64_t unit = 0;
    for (std::int64_t block = 0; block < block_count(shape_); ++block) {
      find_block(block);
      for (int t = 0; t < tokens_; ++t) {
        const Run run{first_token_ + t, 1, count_cells(view(t), words_)};
        bool listed = false;
        for (std::int64_t part = 0; part < partition_count(run.cell_count); ++part, ++unit) {
          if (unit % team_.count != team_.index) continue;
          if (!listed) list_run(run, t);
          listed = true;
          compute_partition(run, part,
                            shared_partial(shape_, team_, scratch_, run.first_token, part));
        }
      }
    }
  }

  void merge_partitions() {
    for (std::int64_t token = team_.index; token < shape_.token_count; token += team_.count) {
      find_visible(mask_row(token), shape_.cell_count, s_.visible);
      reset(s_.acc, 1);
      const std::int64_t parts = partition_count(count_cells(s_.visible, words_));
      for (std::int64_t part = 0; part < parts; ++part) {
        merge(shared_partial(shape_, team_, scratch_, token, part), 1);
      }
      write({token, 1, 0});
    }
  }

 private:
  const Word* view(int token) const {
    return s_.visible + static_cast<std::size_t>(token) * words_;
  }
  const std::uint16_t* mask_row(std::int64_t token) const {
    return input_.mask + static_cast<std::size_t>(token) * input_.mask_token_stride;
  }
  std::size_t rows(int tokens) const {
    return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(shape_.query_heads);
  }
  std::size_t head() const { return static_cast<std::size_t>(shape_.head_size); }

  void find_block(std::int64_t block) {
    first_token_ = block * block_tokens(shape_);
    tokens_ = static_cast<int>(
        std::min<std::int64_t>(block_tokens(shape_), shape_.token_count - first_token_));
    for (int t = 0; t < tokens_; ++t) {
      find_visible(mask_row(first_token_ + t), shape_.cell_count,
                   s_.visible + static_cast<std::size_t>(t) * words_);
    }
  }

  Run start_run(int begin, int limit) const {
    int end = begin + 1;
    while (end < limit && contains(view(end), view(end - 1), words_)) ++end;
    return {first_token_ + begin, end - begin, count_cells(view(end - 1), words_)};
  }

  void list_run(const Run& run, int begin) {
    const Word* list = view(begin + run.token_count - 1);
    list_cells(list, words_, s_.cells);
    const bool in_place = in_write_order(run);
    if (!in_place) {
      std::sort(s_.cells, s_.cells + run.cell_count, [this](std::int32_t a, std::int32_t b) {
        return input_.write_order[a] < input_.write_order[b];
      });
    }
    for (int t = 0; t < run.token_count; ++t) {
      Word* packed = s_.packed + static_cast<std::size_t>(t) * (words_ + 2);
      if (in_place) {
        pack_visible(view(begin + t), list, words_, packed);
      } else {
        gather_visible(view(begin + t), run, packed);
      }
    }
  }

  bool in_write_order(const Run& run) const {
    if (input_.write_order == nullptr) return true;
    for (std::int64_t i = 1; i < run.cell_count; ++i) {
      if (input_.write_order[s_.cells[i - 1]] > input_.write_order[s_.cells[i]]) return false;
    }
    return true;
  }

  // pack_visible() for a list in any order.
  void gather_visible(const Word* visible, const Run& run, Word* packed) const {
    std::fill_n(packed, words_ + 2, Word{0});
    for (std::int64_t i = 0; i < run.cell_count; ++i) {
      const auto cell = static_cast<std::size_t>(s_.cells[i]);
      const Word bit = visible[cell / 64] >> (cell % 64) & 1;
      packed[i / 64] |= bit << (i % 64);
    }
  }

  // All kv heads over one partition: its cells stay in the L2 cache meanwhile.
  void compute_partition(const Run& run, std::int64_t part, const Partial& partial) const {
    const std::int64_t first = part * kPartition;
    const auto count = static_cast<int>(std::min<std::int64_t>(kPartition, run.cell_count - first));
    for (int kv_head = 0; kv_head < shape_.kv_heads; ++kv_head) {
      const Pass pass{shape_,          input_,  s_.space,  partial,   run.first_token,
                      run.token_count, kv_head, s_.packed, words_ + 2};
      pass.run(s_.cells + first, first, count);
    }
  }

  void compute_run(const Run& run) {
    reset(s_.acc, run.token_count);
    for (std::int64_t part = 0; part < partition_count(run.cell_count); ++part) {
      compute_partition(run, part, s_.part);
      merge(s_.part, run.token_count);
    }
    write(run);
  }

  void reset(const Partial& partial, int tokens) const {
    std::fill_n(partial.max, rows(tokens), kMinusInfinity);
    std::fill_n(partial.total, rows(tokens), 0.0F);
    std::fill_n(partial.sums, rows(tokens) * head(), 0.0F);
  }
  void merge(const Partial& part, int tokens) const {
    for (std::size_t row = 0; row < rows(tokens); ++row) merge_row(s_.acc, part, row, head());
  }
  void write(const Run& run) const {
    for (std::size_t row = 0; row < rows(run.token_count); ++row) {
      const auto query_heads = static_cast<std::size_t>(shape_.query_heads);
      const std::size_t token = static_cast<std::size_t>(run.first_token) + row / query_heads;
      write_row(s_.acc, row, head(),
                input_.out + token * input_.out_token_stride +
                    row % query_heads * input_.out_head_stride);
    }
  }

  const AttentionShape& shape_;
  const AttentionInput& input_;
  Team team_;
  std::byte* scratch_;
  std::size_t words_;
  Scratch s_{};
  std::int64_t first_token_ = 0;  // of the block at hand
  int tokens_ = 0;
};

}  // namespace

bool attention_supported(const AttentionShape& shape) {
  __builtin_cpu_init();
  const bool cpu = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("bmi2");
  return cpu && shape.head_size % 16 == 0 && shape.head_size <= 256 && shape.kv_heads > 0 &&
         shape.query_heads % shape.kv_heads == 0 && shape.query_heads / shape.kv_heads <= kRowsMax;
}

std::size_t attention_scratch_bytes(const AttentionShape& shape, int thread_count) {
  Scratch unused{};
  std::size_t bytes = lay_out(shape, nullptr, unused) * static_cast<std::size_t>(thread_count);
  // The team may turn out smaller than planned: leave room for the split it would then choose.
  if (shape.token_count <= kSplitTokensMax) {
    bytes += shared_partial_bytes(shape) *
             static_cast<std::size_t>(shape.token_count * partition_count(shape.cell_count));
  }
  return bytes;
}

Attended attend(const AttentionShape& shape, const AttentionInput& input, Team team,
                std::byte* scratch) {
  Attender attender(shape, input, team, scratch);
  if (!split_by_partition(shape, team.count)) {
    attender.whole_blocks();
    return Attended::kDone;
  }
  attender.single_partitions();
  return Attended::kMergeNeeded;
}

void attend_merge(const AttentionShape& shape, const AttentionInput& input, Team team,
                  std::byte* scratch) {
  Attender(shape, input, team, scratch).merge_partitions();
}

}  // namespace diptych::weights
