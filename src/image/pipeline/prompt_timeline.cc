#include "image/pipeline/prompt_timeline.h"

#include <utility>

namespace diptych {

Result<PromptTimeline::Side> PromptTimeline::encode_side(TextEncoder& encoder,
                                                         const PromptSide& side,
                                                         const TextEncoding& options,
                                                         const std::stop_token& stop) {
  Side encoded;
  encoded.parts = side.parts;
  for (const PromptEncoding& prompt : side.encodings) {
    TRY(Conditioning one, encoder.encode(prompt, options, stop));
    encoded.encodings.push_back(std::move(one));
  }
  return encoded;
}

Result<PromptTimeline> PromptTimeline::encode(TextEncoder& encoder, const PromptPlan& plan,
                                              const TextEncoding& options,
                                              const std::stop_token& stop) {
  PromptTimeline timeline;
  TRY(timeline.positive_, encode_side(encoder, plan.positive, options, stop));
  TextEncoding negative = options;
  negative.zero_if_empty = true;
  TRY(timeline.negative_, encode_side(encoder, plan.negative, negative, stop));
  return timeline;
}

StepPrompt PromptTimeline::at(int step) const {
  const auto encoding = [step](const Side& side, const PromptPart& part) {
    return &side.encodings[static_cast<std::size_t>(part.encoding_at(step))];
  };
  StepPrompt prompt;
  for (const PromptPart& part : positive_.parts)
    prompt.parts.push_back({encoding(positive_, part), part.weight});
  prompt.negative = encoding(negative_, negative_.parts.front());
  return prompt;
}

}  // namespace diptych
