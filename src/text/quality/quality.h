#pragma once
// How well an engine predicts a text, and how closely two engines agree: the price of an inexact
// weight layout.

#include <span>
#include <stop_token>

#include "base/error.h"
#include "text/engine.h"
#include "text/ids.h"

namespace diptych {

// The text is cut into windows that do not overlap; in each, the first half is context and the
// tokens of the second half are scored (the convention of llama-perplexity, so figures compare). A
// remainder shorter than a window is not used.
struct QualityOptions {
  int window = 512;  // tokens, even, at most the engine's context length
  std::stop_token stop;
};

struct Perplexity {
  double value = 0;           // exp of the mean negative log-likelihood
  double standard_error = 0;  // of value, from the spread of the tokens
  int token_count = 0;        // scored
};

struct Agreement {
  Perplexity reference, candidate;
  double divergence_mean = 0;  // Kullback-Leibler, reference from candidate, nats per token
  double divergence_max = 0;
  double same_top_share = 0;  // how often both find the same token most likely, 0 … 1
};

// Uses sequence 0, which must be empty and is left empty. kInvalidArgument: the window does not fit
// the engine, or the text is shorter than one window. kCancelled. Cost: one pass over the text.
Result<Perplexity> measure_perplexity(Engine& engine, std::span<const TokenId> tokens,
                                      const QualityOptions& options = {});

// Both engines see the same batches. kInvalidArgument also when their vocabularies differ in size.
Result<Agreement> compare_engines(Engine& reference, Engine& candidate,
                                  std::span<const TokenId> tokens,
                                  const QualityOptions& options = {});

}  // namespace diptych
