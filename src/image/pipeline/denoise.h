#pragma once
// The loop of a picture: a solver over its sigmas, the model behind it, masks and prompts that
// change on the way.

#include <optional>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/pipeline/denoiser.h"
#include "image/pipeline/draw_record.h"
#include "image/pipeline/prompt_timeline.h"
#include "image/samplers/plan.h"
#include "image/samplers/sampler.h"

namespace diptych {

// Where the mask is 0 the estimate stays the original: A1111's masked img2img.
struct LatentMask {
  Tensor64 original;          // [batch, channels, height, width]
  std::vector<double> share;  // [height, width], 1: drawn anew
};

struct DenoiseHooks {
  Noise& noise;
  StepObserver& observer;
  std::stop_token stop;
  DrawRecord* record = nullptr;  // null: nothing is kept
};

struct DenoiseJob {
  SamplingPlan plan;
  Tensor64 x;          // at the plan's first sigma
  int first_step = 0;  // steps that an init image leaves out, for prompts that change
  std::vector<PromptTimeline> prompts;  // one for each picture
  std::optional<LatentMask> mask;
  const NoiseSchedule& schedule;
};

// Errors: what the solver, the model or the observer say; kCancelled after a stop.
Result<Tensor64> denoise(Denoiser& denoiser, DenoiseJob job, const DenoiseHooks& hooks);

}  // namespace diptych
