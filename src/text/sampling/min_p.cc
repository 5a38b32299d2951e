#include <cmath>

#include "text/sampling/registry.h"

namespace diptych {

// Nguyen et al. 2024: p_i ≥ min_p · p_max, which in logits is one subtraction.
const TokenSampler kMinP{
    .name = "min_p",
    .doc = "Drops tokens less likely than min_p times the most likely one.",
    .kind = SamplerKind::kCut,
    .wanted = [](const SampleContext& context) { return context.options.min_p > 0; },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const double least =
              static_cast<double>(candidates.logit_max()) + std::log(context.options.min_p);
          candidates.keep_at_least(static_cast<float>(least));
        },
};

}  // namespace diptych
