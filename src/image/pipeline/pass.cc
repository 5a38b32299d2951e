#include "image/pipeline/pass.h"

#include <utility>

#include "image/pipeline/batch_rows.h"

namespace diptych {
namespace {

Shape latent_shape(const PictureModel& model, const Pass& pass, std::size_t batch) {
  const int factor = model.vae_config().reduction();
  return Shape{static_cast<std::int64_t>(batch), model.vae_config().latent_channels,
               pass.height / factor, pass.width / factor};
}

// A1111's latent noise and latent nothing: what the mask covers does not start from the picture.
// `latents` and `noise` are of the whole batch.
void replace_masked(Tensor64& latents, const Pass& pass, const Tensor64& noise) {
  const MaskedContent content = pass.masked_content;
  if (content != MaskedContent::kLatentNoise && content != MaskedContent::kLatentNothing) return;
  const std::vector<double>& shares = pass.init->share;
  for (std::size_t i = 0; i < latents.size(); ++i) {
    const double share = shares[i % shares.size()];
    const double other = content == MaskedContent::kLatentNoise ? noise[i] : 0;
    latents[i] = (1 - share) * latents[i] + share * other;
  }
}

std::vector<float> time_ids_of(const PictureModel& model, const Pass& pass) {
  if (!model.is_xl()) return {};
  const auto height = static_cast<float>(pass.height), width = static_cast<float>(pass.width);
  return {height, width, 0, 0, height, width};
}

Result<DenoiserExtras> extras_of(PictureModel& model, const Pass& pass, const Shape& latents,
                                 const std::stop_token& stop) {
  DenoiserExtras extras{.channels = {}, .time_ids = time_ids_of(model, pass)};
  if (model.unet_config().in_channels == model.vae_config().latent_channels) return extras;
  TRY(const Tensor one, inpaint_channels(model, pass.prepared, latents, stop));
  extras.channels = repeated(one, latents[0]);
  return extras;
}

// x at the first sigma: noise, over the init latents where there are any.
Tensor64 starting_point(const SamplingPlan& plan, const Tensor64* init, Tensor64 noise) {
  if (init == nullptr) {
    for (double& value : noise.values) value *= plan.initial_scale;
    return noise;
  }
  return plan.noised(*init, noise);
}

}  // namespace

Result<SamplingPlan> plan_pass(const PictureModel& model, const Pass& pass) {
  return plan_sampling(pass.sampler, model.schedule(),
                       {.steps = pass.steps, .strength = pass.strength, .rule = pass.rule});
}

Result<Tensor64> run_pass(PictureModel& model, const Pass& pass, SamplingPlan plan,
                          std::vector<PromptTimeline> prompts, const PassHooks& hooks) {
  const Shape shape = latent_shape(model, pass, prompts.size());
  if (plan.brownian) hooks.noise.use_brownian_paths(plan.sigma_min, plan.sigma_max);
  Tensor64 start = hooks.noise.start(shape);

  std::optional<LatentMask> mask;
  std::optional<Tensor64> init;
  if (pass.init) {
    init = pass.init->latents.shape[0] == shape[0] ? pass.init->latents
                                                   : repeated(pass.init->latents, shape[0]);
    if (!pass.init->share.empty()) {
      mask = LatentMask{*init, pass.init->share};
      replace_masked(*init, pass, start);
    }
  }
  TRY(DenoiserExtras extras, extras_of(model, pass, shape, hooks.stop));
  Denoiser denoiser(model, pass.guidance, std::move(extras));
  // Prompts that change do so over the steps that are counted.
  const int first_step = pass.rule == StrengthRule::kAllSteps ? 0 : plan.first_step;
  DenoiseJob job{.x = starting_point(plan, init ? &*init : nullptr, std::move(start)),
                 .first_step = first_step,
                 .prompts = std::move(prompts),
                 .mask = std::move(mask),
                 .schedule = model.schedule()};
  job.plan = std::move(plan);
  return denoise(denoiser, std::move(job), {hooks.noise, hooks.observer, hooks.stop, hooks.record});
}

}  // namespace diptych
