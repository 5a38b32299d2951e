#include <cmath>
#include <limits>

#include "text/sampling/registry.h"

namespace diptych {

// Meister et al. 2023 (locally typical sampling): tokens whose surprise is nearest to the expected
// surprise (entropy).
const TokenSampler kTypicalP{
    .name = "typical_p",
    .doc =
        "Keeps the tokens with the most typical surprise until their probability reaches "
        "typical_p.",
    .kind = SamplerKind::kCut,
    .wanted = [](const SampleContext& context) { return context.options.typical_p < 1; },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const float best = candidates.logit_max();
          candidates.keep_at_least(std::nextafter(-std::numeric_limits<float>::infinity(), 0.0F));
          const double total = candidates.mass(best);
          double mean = 0;  // of logit - best
          for (const Candidate& item : candidates.list()) {
            const double logit = static_cast<double>(item.logit - best);
            mean += std::exp(logit) / total * logit;
          }
          // surprise - entropy = (log total - logit) - (log total - mean)
          const auto distance = [&](const Candidate& item) {
            return std::abs(mean - static_cast<double>(item.logit - best));
          };
          const auto more_typical = [&](const Candidate& a, const Candidate& b) {
            const double da = distance(a), db = distance(b);
            return da < db || (da == db && better(a, b));
          };
          keep_mass(candidates, best, context.options.typical_p * total, more_typical);
        },
};

}  // namespace diptych
