#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kLogitBias{
    .name = "logit_bias",
    .doc = "Adds the given number to the logit of each listed token.",
    .kind = SamplerKind::kReweigh,
    .wanted = [](const SampleContext& context) { return !context.options.logit_bias.empty(); },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const auto logits = candidates.by_token();
          for (const auto& [token, bias] : context.options.logit_bias)
            logits[static_cast<std::size_t>(token)] += bias;
        },
};

}  // namespace diptych
