#include "image/pipeline/pass.h"

#include <utility>

namespace diptych {
namespace {

Shape latent_shape(const PictureModel& model, const Pass& pass, std::size_t batch) {
  const int factor = model.vae_config().reduction();
  return Shape{static_cast<std::int64_t>(batch), model.vae_config().latent_channels,
               pass.height / factor, pass.width / factor};
}

Tensor64 repeated(const Tensor64& one, std::int64_t count) {
  Tensor64 all(Shape{count, one.shape[1], one.shape[2], one.shape[3]});
  auto to = all.values.begin();
  for (std::int64_t i = 0; i < count; ++i) to = std::ranges::copy(one.values, to).out;
  return all;
}

// A1111's latent noise and latent nothing: what the mask covers does not start from the picture.
void replace_masked(InitLatents& init, MaskedContent content, const Tensor64& noise) {
  if (content != MaskedContent::kLatentNoise && content != MaskedContent::kLatentNothing) return;
  const std::size_t plane = init.share.size();
  for (std::size_t i = 0; i < init.latents.size(); ++i) {
    const double share = init.share[i % plane];
    const double other = content == MaskedContent::kLatentNoise ? noise[i] : 0;
    init.latents[i] = (1 - share) * init.latents[i] + share * other;
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
  extras.channels = Tensor(Shape{latents[0], one.shape[1], one.shape[2], one.shape[3]});
  auto to = extras.channels.values.begin();
  for (std::int64_t i = 0; i < latents[0]; ++i) to = std::ranges::copy(one.values, to).out;
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

Result<Tensor64> run_pass(PictureModel& model, const Pass& pass,
                          std::vector<PromptTimeline> prompts, const PassHooks& hooks) {
  TRY(SamplingPlan plan, plan_pass(model, pass));
  const Shape shape = latent_shape(model, pass, prompts.size());
  if (plan.brownian) hooks.noise.use_brownian_paths(plan.sigma_min, plan.sigma_max);
  Tensor64 start = hooks.noise.start(shape);

  std::optional<LatentMask> mask;
  std::optional<Tensor64> init;
  if (pass.init) {
    InitLatents one = *pass.init;
    if (!one.share.empty()) {
      replace_masked(one, pass.masked_content, start);
      mask = LatentMask{repeated(pass.init->latents, shape[0]), one.share};
    }
    init = repeated(one.latents, shape[0]);
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
  return denoise(denoiser, std::move(job), {hooks.noise, hooks.observer, hooks.stop});
}

}  // namespace diptych
