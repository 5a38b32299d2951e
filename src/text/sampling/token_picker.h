#pragma once
// From a row of logits to the next token: the wanted samplers in registry order, then one
// counter-based draw.

#include <span>
#include <vector>

#include "base/error.h"
#include "text/generation.h"
#include "text/sampling/sampler.h"

namespace diptych {

struct SamplePoint {  // what the draw is keyed by: the same in a crowd, after a pause or a redo
  int choice = 0;
  std::span<const TokenId> tokens;  // prompt, then the answer so far
  int prompt_count = 0;
  std::span<const TokenId> banned;
  std::span<const std::uint32_t> allowed;
};

class TokenPicker {  // working memory of one thread; in the steady state nothing allocates
 public:
  // kInternal when no token has a finite logit. Temperature 0: the best token, the lowest id among
  // equals.
  Result<TokenId> pick(std::span<const float> logits, const SamplingOptions& options,
                       const SamplePoint& point);

  // Natural log of the softmax of the raw logits; `top_count` alternatives, best first.
  TokenLogprob logprob(std::span<const float> logits, TokenId token, int top_count);

 private:
  Candidates candidates_;
  TokenMarks marks_;
  std::vector<Candidate> top_;
};

}  // namespace diptych
