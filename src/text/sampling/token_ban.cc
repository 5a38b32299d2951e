#include <limits>

#include "text/sampling/registry.h"

namespace diptych {

const TokenSampler kTokenBan{
    .name = "token_ban",
    .doc = "token_count_min: no token that ends the generation before that many.",
    .kind = SamplerKind::kReweigh,
    .wanted = [](const SampleContext& context) { return !context.banned.empty(); },
    .apply =
        [](Candidates& candidates, const SampleContext& context) {
          const auto logits = candidates.by_token();
          for (TokenId token : context.banned)
            logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
        },
};

}  // namespace diptych
