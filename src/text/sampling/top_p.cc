#include <cmath>

#include "text/sampling/registry.h"

namespace diptych {

// Holtzman et al. 2020. Tokens less likely than (1 - p) / size hold less than 1 - p together, so
// none of them is needed to reach p: dropping them first leaves little to sort.
const TokenSampler kTopP{
    .name = "top_p",
    .doc = "Keeps the smallest set of the most likely tokens whose probability reaches top_p.",
    .kind = SamplerKind::kCut,
    .wanted = [](const SampleContext& context) { return context.options.top_p < 1; },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const double p = context.options.top_p;
          const float best = candidates.logit_max();
          const double total = candidates.mass(best);
          const double unneeded = std::log((1 - p) * total / candidates.size());
          constexpr float kRounding = 1e-3F;
          candidates.keep_at_least(best + std::min(0.0F, static_cast<float>(unneeded) - kRounding));
          keep_mass(candidates, best, p * total, better);
        },
};

}  // namespace diptych
