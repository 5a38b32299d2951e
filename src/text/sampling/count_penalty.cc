#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kCountPenalty{
    .name = "count_penalty",
    .doc =
        "frequency_penalty once per occurrence in the answer, presence_penalty once per token that "
        "occurred.",
    .kind = SamplerKind::kReweigh,
    .wanted =
        [](const SampleContext& context) {
          return context.options.frequency_penalty != 0 || context.options.presence_penalty != 0;
        },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const auto frequency = static_cast<float>(context.options.frequency_penalty);
          const auto presence = static_cast<float>(context.options.presence_penalty);
          const auto logits = candidates.by_token();
          context.marks.start(static_cast<int>(logits.size()));
          for (TokenId token : context.answer()) {
            float& logit = logits[static_cast<std::size_t>(token)];
            logit -= frequency;
            if (context.marks.first_time(token)) logit -= presence;
          }
        },
};

}  // namespace diptych
