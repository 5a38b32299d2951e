#pragma once
// Every token sampler, in the order in which they apply. To add one: its file with its row, and one
// line in registry.cc.

#include <span>

#include "text/sampling/sampler.h"

namespace diptych {

std::span<const TokenSampler* const> token_samplers();

// One row each, defined in the file of that name.
extern const TokenSampler kTokenBan, kGrammarMask, kLogitBias, kRepetitionPenalty, kCountPenalty,
    kTemperature, kTopK, kTopP, kMinP, kTypicalP;

}  // namespace diptych
