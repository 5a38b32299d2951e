#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kTemperature{
    .name = "temperature",
    .doc =
        "Divides the logits: below 1 sharper, above 1 flatter; 0 is greedy and skips everything "
        "that only narrows.",
    .kind = SamplerKind::kCut,
    .wanted = [](const SampleContext& context) { return context.options.temperature != 1; },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          candidates.scale(static_cast<float>(1 / context.options.temperature));
        },
};

}  // namespace diptych
