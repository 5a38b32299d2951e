#include <algorithm>
#include <span>

#include "text/sampling/registry.h"

namespace diptych {
namespace {

std::span<const TokenId> window_of(const SampleContext& context) {
  const int wanted = context.options.repetition_window;
  if (wanted < 0) return context.tokens;
  return context.tokens.last(std::min(context.tokens.size(), static_cast<std::size_t>(wanted)));
}

}  // namespace

// Keskar et al. 2019 (CTRL), section 4.1: divides positive logits, multiplies negative ones; once
// per token, however often it occurred.
const TokenSampler kRepetitionPenalty{
    .name = "repetition_penalty",
    .doc =
        "Above 1: tokens among the last repetition_window of prompt and answer become less likely.",
    .kind = SamplerKind::kReweigh,
    .wanted = [](const SampleContext& context) { return context.options.repetition_penalty != 1; },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const auto penalty = static_cast<float>(context.options.repetition_penalty);
          const auto logits = candidates.by_token();
          context.marks.start(static_cast<int>(logits.size()));
          for (TokenId token : window_of(context)) {
            if (!context.marks.first_time(token)) continue;
            float& logit = logits[static_cast<std::size_t>(token)];
            logit = logit > 0 ? logit / penalty : logit * penalty;
          }
        },
};

}  // namespace diptych
