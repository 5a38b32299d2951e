#pragma once
// One pass over a picture: from where it starts to its latents. A drawing has one pass, or two with
// hires.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/noise/image_noise.h"
#include "image/pipeline/denoise.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/init_image.h"
#include "image/pipeline/picture_model.h"

namespace diptych {

struct Pass {
  int width = 0, height = 0;  // pixels
  int steps = 20;
  Guidance guidance;
  SamplerChoice sampler;
  std::optional<double> strength;          // none: from noise alone
  std::optional<StrengthRule> rule;        // see RunLength
  std::optional<InitLatents> init;         // with strength
  const PreparedInit* prepared = nullptr;  // for inpainting models
  MaskedContent masked_content = MaskedContent::kOriginal;
};

Result<SamplingPlan> plan_pass(const PictureModel& model, const Pass& pass);

// [batch, channels, height/8, width/8]. The starting noise is `noise.start`, so one ImageNoise
// serves one pass.
struct PassHooks {
  ImageNoise& noise;
  StepObserver& observer;
  std::stop_token stop;
  DrawRecord* record = nullptr;
};
// `plan`: plan_pass() of this pass.
Result<Tensor64> run_pass(PictureModel& model, const Pass& pass, SamplingPlan plan,
                          std::vector<PromptTimeline> prompts, const PassHooks& hooks);

}  // namespace diptych
