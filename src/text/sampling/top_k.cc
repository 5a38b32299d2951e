#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kTopK{
    .name = "top_k",
    .doc = "Keeps the top_k most likely tokens.",
    .kind = SamplerKind::kCut,
    .wanted = [](const SampleContext& context) { return context.options.top_k > 0; },
    .apply = [](Candidates& candidates,
                const SampleContext& context) { candidates.keep_best(context.options.top_k); },
};

}  // namespace diptych
