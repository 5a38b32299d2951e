#pragma once
// One picture's prompts, encoded: what guides it in each step.

#include <stop_token>
#include <vector>

#include "base/error.h"
#include "image/pipeline/denoiser.h"
#include "image/pipeline/text_encoder.h"
#include "image/prompt/prompt_plan.h"

namespace diptych {

class PromptTimeline {
 public:
  // Every different text of the plan is encoded once.
  static Result<PromptTimeline> encode(TextEncoder& encoder, const PromptPlan& plan,
                                       const TextEncoding& options, const std::stop_token& stop);

  // `step` is 1-based. Valid as long as this timeline stays where it is.
  StepPrompt at(int step) const;

 private:
  struct Side {
    std::vector<Conditioning> encodings;
    std::vector<PromptPart> parts;
  };
  static Result<Side> encode_side(TextEncoder& encoder, const PromptSide& side,
                                  const TextEncoding& options, const std::stop_token& stop);

  Side positive_, negative_;
};

}  // namespace diptych
