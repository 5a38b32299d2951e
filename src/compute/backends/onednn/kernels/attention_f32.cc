#include "base/check.h"
#include "compute/backends/onednn/kernels/attention_tile.h"

namespace diptych::onednn {
namespace {

struct Pairs {  // the sizes of bf16 products without their instructions
  static constexpr std::int64_t kPerWord = 2;
};

}  // namespace

void run_attention_f32(const AttentionRun& run) { run_attention_of<F32Products>(run); }

void run_attention(const AttentionRun& run) {
  if (run.cell == Cell::kBf16) return run_attention_bf16(run);
  CHECK(run.cell == Cell::kF32);
  run_attention_f32(run);
}

std::size_t attention_scratch_bytes(const AttentionRun& run) {
  const auto words = [&](const auto& sizes) { return sizes.packed_keys() + sizes.packed_values(); };
  const std::int64_t of_head = run.cell == Cell::kBf16 ? words(attention::Sizes<Pairs>(run))
                                                       : words(attention::Sizes<F32Products>(run));
  return static_cast<std::size_t>(run.batch * run.heads * of_head) * 4;
}

}  // namespace diptych::onednn
