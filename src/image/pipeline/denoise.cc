#include "image/pipeline/denoise.h"

#include <utility>

namespace diptych {
namespace {

// Knows which step an evaluation belongs to: the observer hears of a step after its first
// evaluation, so as many as the solver makes beside it still belong to that step.
class StepCounter final : public StepObserver {
 public:
  StepCounter(StepObserver& next, int evaluations_per_step, const std::stop_token& stop)
      : next_(next), further_(evaluations_per_step - 1), stop_(stop) {}

  Status step(const Step& step) override {
    if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, "the drawing was stopped");
    seen_ = step.index + 1;
    left_ = further_;
    return next_.step(step);
  }

  // Of the evaluation that is about to run, 1-based.
  int next_evaluation() {
    if (seen_ > 0 && left_ > 0) {
      --left_;
      return seen_;
    }
    return seen_ + 1;
  }

 private:
  StepObserver& next_;
  const int further_;
  const std::stop_token& stop_;
  int seen_ = 0, left_ = 0;
};

void keep_original(const LatentMask& mask, Tensor64& denoised) {
  const std::size_t plane = mask.share.size();
  for (std::size_t i = 0; i < denoised.size(); ++i) {
    const double share = mask.share[i % plane];
    denoised[i] = share * denoised[i] + (1 - share) * mask.original[i];
  }
}

}  // namespace

Result<Tensor64> denoise(Denoiser& denoiser, DenoiseJob job, const DenoiseHooks& hooks) {
  const std::stop_token& stop = hooks.stop;
  StepCounter counter(hooks.observer, job.plan.solver->evaluations_per_step, stop);
  const Denoise evaluate = [&](const Tensor64& x, double sigma) -> Result<Tensor64> {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the drawing was stopped");
    const int step = job.first_step + counter.next_evaluation();
    const Denoiser::NoiseLevel level{sigma, job.plan.timestep_of(sigma, job.schedule)};
    const auto ask_network = [&] {
      std::vector<StepPrompt> prompts;
      for (const PromptTimeline& timeline : job.prompts) prompts.push_back(timeline.at(step));
      return denoiser.answer(x, level, prompts, stop);
    };
    TRY(const Tensor answer,
        hooks.record != nullptr ? hooks.record->answer(x.shape, ask_network) : ask_network());
    Tensor64 denoised = denoiser.denoised(x, answer, level);
    if (job.mask) keep_original(*job.mask, denoised);
    return denoised;
  };
  Solve solve{.denoise = evaluate,
              .sigmas = job.plan.sigmas,
              .x = std::move(job.x),
              .noise = hooks.noise,
              .observer = counter,
              .options = job.plan.options};
  TRY(Tensor64 latents, job.plan.solver->solve(solve));
  for (double& value : latents.values) value *= job.plan.final_scale;
  if (job.mask) keep_original(*job.mask, latents);
  return latents;
}

}  // namespace diptych
