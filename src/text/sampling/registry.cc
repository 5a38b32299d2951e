#include "text/sampling/registry.h"

namespace diptych {

// Penalties act on raw logits, as OpenAI documents them; the cuts see the distribution after
// temperature (as in vLLM and transformers), each on what the one before left. Bans and
// grammars come last of the reweighing so that no bias undoes them.
std::span<const TokenSampler* const> token_samplers() {
  static constexpr const TokenSampler* kInOrder[] = {
      &kLogitBias,   &kRepetitionPenalty, &kCountPenalty, &kTokenBan,
      &kGrammarMask, &kTemperature,       &kTopK,         &kTopP,
      &kMinP,        &kTypicalP,
  };
  return kInOrder;
}

}  // namespace diptych
