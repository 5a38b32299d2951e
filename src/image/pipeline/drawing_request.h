#pragma once
// What a request means for one model: its limits checked, its passes, seeds and prompts.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "image/noise/image_noise.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/pass.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/request_infotext.h"
#include "image/prompt/prompt_plan.h"
#include "image/samplers/plan.h"

namespace diptych {

// What its passes' solvers run on.
struct DrawingPlans {
  SamplingPlan first;
  std::optional<SamplingPlan> second;  // hires

  int first_steps() const { return static_cast<int>(first.sigmas.size()) - 1; }
  int second_steps() const { return second ? static_cast<int>(second->sigmas.size()) - 1 : 0; }
};
// Checks the request first. Errors (kInvalidArgument, kUnsupported, kNotFound) name the field, its
// value and the limit.
Result<DrawingPlans> plan_drawing(const ImageRequest& request, const PictureModel& model);

// How many pictures one evaluation draws: batch_size, or 1 for a solver whose steps would depend on
// the other pictures.
int pictures_at_once(const ImageRequest& request, const DrawingPlans& plans);

Pass first_pass(const ImageRequest& request, const PictureModel& model);
Pass second_pass(const ImageRequest& request, const PictureModel& model);  // hires

struct PassPrompts {
  std::string prompt, negative_prompt;
  int steps = 0, base_steps = 0;
};
PassPrompts first_prompts(const ImageRequest& request);
PassPrompts second_prompts(const ImageRequest& request);
Result<PromptPlan> plan_prompts(const ImageRequest& request, const PassPrompts& prompts,
                                std::uint64_t seed, const PictureModel& model);

// Of picture `index` of the whole request.
std::uint64_t seed_of(const ImageRequest& request, int index);
// Of `count` pictures that begin with picture `first`.
NoiseOptions noise_of(const ImageRequest& request, int first, int count);
// The model's hash is left to who may read its file.
DrawnFacts facts_of(const ImageRequest& request, int index, const PictureModel& model,
                    const SamplingPlan& plan);

// Each different warning once.
void add_warnings(Warnings& to, const Warnings& from);

}  // namespace diptych
