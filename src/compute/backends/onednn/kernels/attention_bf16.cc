#include "compute/backends/onednn/kernels/attention_tile.h"

namespace diptych::onednn {
namespace {

struct Bf16Products {
  using Element = Bf16;
  static constexpr std::int64_t kPerWord = 2;
  static constexpr int kExp2Degree = 4;  // 4e-5, a hundredth of what bf16 rounds
  static void store_shares(Bf16* to, Lanes shares) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(shares)));
  }
  static std::uint32_t bits(Bf16 value) { return value.bits; }
  static Lanes add(Lanes sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};

}  // namespace

void run_attention_bf16(const AttentionRun& run) { run_attention_of<Bf16Products>(run); }

}  // namespace diptych::onednn
