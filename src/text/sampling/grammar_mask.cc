#include <bit>
#include <limits>

#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kGrammarMask{
    .name = "grammar_mask",
    .doc = "response_format, grammars: only tokens after which the answer can still become valid.",
    .kind = SamplerKind::kReweigh,
    .wanted = [](const SampleContext& context) { return !context.allowed.empty(); },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          constexpr std::size_t kWord = 32;
          const auto logits = candidates.by_token();
          for (std::size_t word = 0; word * kWord < logits.size(); ++word) {
            std::uint32_t forbidden = ~context.allowed[word];
            for (; forbidden != 0; forbidden &= forbidden - 1) {
              const auto token =
                  word * kWord + static_cast<std::size_t>(std::countr_zero(forbidden));
              if (token < logits.size()) logits[token] = -std::numeric_limits<float>::infinity();
            }
          }
        },
};

}  // namespace diptych
