#include "image/samplers/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "image/samplers/solver_registry.h"
#include "image/samplers/testing/solver_doubles.h"

namespace diptych {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const NoiseSchedule& stable_diffusion() {
  static const NoiseSchedule schedule = NoiseSchedule::from_betas({}).value();
  return schedule;
}

SamplingPlan planned(const SamplerChoice& choice, const RunLength& length = {.steps = 8}) {
  return plan_sampling(choice, stable_diffusion(), length).value();
}

SchedulerConfig config_of(Json options) {
  for (const auto& [name, value] : {Json::Member{"beta_start", 0.00085},
                                    {"beta_end", 0.012},
                                    {"beta_schedule", "scaled_linear"}}) {
    options.set(name, value);
  }
  return parse_scheduler_config(options).value();
}

std::string refused(Json options) {
  const auto config = parse_scheduler_config(options);
  return config ? "accepted" : config.error().param;
}

// ε(x, t) when x0 has variance ¼, of the scaled input; ᾱ at the whole timestep, or of the sigma.
double run_of_scheduler(const SchedulerConfig& config, bool of_sigma) {
  const NoiseSchedule schedule = noise_schedule_of(config).value();
  const SamplingPlan plan = plan_of_scheduler(config, schedule, 8).value();
  const Denoise denoise = [&](const Tensor64& x, double sigma) -> Result<Tensor64> {
    if (config.prediction == Prediction::kFlow) {
      const double share = 1 - sigma, variance = 0.25 * share * share + sigma * sigma;
      const double v = (sigma - 0.25 * share) * x[0] / variance;
      return Tensor64(x.shape, {x[0] - sigma * v});
    }
    const auto t = static_cast<std::size_t>(plan.timestep_of(sigma, schedule));
    const double alpha = of_sigma ? 1 / (1 + sigma * sigma) : schedule.alphas_cumprod()[t];
    const double scaled = x[0] / std::hypot(sigma, 1.0);
    const double noise = std::sqrt(1 - alpha) * scaled / (0.25 * alpha + 1 - alpha);
    return Tensor64(x.shape, {x[0] - sigma * noise});
  };
  SineNoise noise;
  SilentObserver observer;
  const bool flow = config.prediction == Prediction::kFlow;
  Solve solve{.denoise = denoise,
              .sigmas = plan.sigmas,
              .x = Tensor64(Shape{1, 1, 1, 1}, flow ? 1 : plan.initial_scale),
              .noise = noise,
              .observer = observer,
              .options = plan.options};
  return (*plan.solver->solve(solve))[0] * plan.final_scale;
}

// Eight steps of diffusers 0.42 from x = init_noise_sigma.
TEST(GoldenPlan, TrajectoriesOfDiffusers) {
  struct Case {
    Json options;
    double expected;
    bool of_sigma = false;
  };
  const auto named = [](std::string_view name, std::initializer_list<Json::Member> members = {}) {
    Json options = Json::object(members);
    options.set("_class_name", name);
    options.set("clip_sample", false);
    return options;
  };
  const Case cases[] = {
      {named("DDIMScheduler", {{"steps_offset", 1}, {"set_alpha_to_one", false}}), 0.3876493},
      {named("DDIMScheduler", {{"timestep_spacing", "trailing"}}), 0.3635665},
      {named("PNDMScheduler", {{"steps_offset", 1}, {"skip_prk_steps", true}}), 0.4775468},
      {named("DPMSolverMultistepScheduler"), 0.3857714},
      {named("DPMSolverMultistepScheduler", {{"use_karras_sigmas", true}}), 0.5320236},
      {named("DPMSolverMultistepScheduler", {{"steps_offset", 1}, {"timestep_spacing", "leading"}}),
       0.3998765},
      {named("UniPCMultistepScheduler"), 0.3894285},
      {named("DEISMultistepScheduler"), 0.3989980},
      {named("EulerDiscreteScheduler"), 0.3641876, true},
      {named("EulerDiscreteScheduler", {{"steps_offset", 1}, {"timestep_spacing", "leading"}}),
       0.3859538, true},
      {named("EulerDiscreteScheduler", {{"use_karras_sigmas", true}}), 0.3928289, true},
      {named("HeunDiscreteScheduler"), 0.5368916, true},
      {named("LMSDiscreteScheduler"), 0.4618340, true},
      {named("FlowMatchEulerDiscreteScheduler", {{"shift", 3.0}}), 0.3229516},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(dump_json(expected.options));
    EXPECT_NEAR(run_of_scheduler(config_of(expected.options), expected.of_sigma), expected.expected,
                1e-5);
  }
}

TEST(Plan, AutomaticIsTheSamplersOwnSchedule) {
  EXPECT_EQ(planned({.sampler = "DPM++ 2M"}).schedule, "Karras");
  EXPECT_EQ(planned({.sampler = "DPM++ 2M", .schedule = "automatic"}).schedule, "Karras");
  EXPECT_EQ(planned({.sampler = "Euler a"}).schedule, "Uniform");
  EXPECT_EQ(planned({.sampler = "Euler Karras"}).schedule, "Karras");
  EXPECT_EQ(planned({.sampler = "Euler Karras", .schedule = "Simple"}).schedule, "Simple");
  EXPECT_EQ(planned({}).solver->name, "Euler");
}

TEST(Plan, StartsFromNoiseOfTheFirstSigma) {
  const SamplingPlan exploding = planned({.sampler = "Euler"});
  EXPECT_DOUBLE_EQ(exploding.initial_scale, exploding.sigmas.front());
  EXPECT_EQ(exploding.final_scale, 1);
  const SamplingPlan preserving = planned({.sampler = "DDIM"});
  EXPECT_DOUBLE_EQ(preserving.initial_scale, std::hypot(preserving.sigmas.front(), 1.0));
  EXPECT_EQ(preserving.sigmas.back(), stable_diffusion().sigma_min());
  EXPECT_DOUBLE_EQ(preserving.final_scale, 1 / std::hypot(preserving.sigmas.back(), 1.0));
  EXPECT_EQ(planned({.sampler = "DDIM", .schedule = "Karras"}).sigmas.back(), 0);
}

TEST(Plan, TheNextToLastSigmaIsDiscarded) {
  const SamplingPlan usual = planned({.sampler = "Euler Karras"}, {.steps = 9});
  const SamplingPlan shorter = planned({.sampler = "DPM2 Karras"});
  const SamplingPlan asked = planned({.sampler = "Euler Karras", .discard_next_to_last = true});
  ASSERT_EQ(shorter.sigmas.size(), 9U);
  EXPECT_EQ(shorter.sigmas[7], usual.sigmas[7]);
  EXPECT_EQ(shorter.sigmas, asked.sigmas);
}

TEST(Plan, AStrengthLeavesOutTheFirstSteps) {
  const SamplingPlan whole = planned({.sampler = "Euler"}, {.steps = 10});
  const SamplingPlan a1111 = planned({.sampler = "Euler"}, {.steps = 10, .strength = 0.6});
  EXPECT_EQ(a1111.first_step, 3);  // int(0.6·10) + 1 steps are left
  EXPECT_EQ(a1111.sigmas.front(), whole.sigmas[3]);
  EXPECT_EQ(a1111.sigma_max, whole.sigma_max);
  EXPECT_EQ(planned({}, {.steps = 10, .strength = 1}).first_step, 0);
  EXPECT_EQ(planned({}, {.steps = 10, .strength = 0}).first_step, 9);
  const RunLength diffusers{.steps = 10, .strength = 0.6, .rule = StrengthRule::kDiffusers};
  EXPECT_EQ(planned({}, diffusers).first_step, 4);
  const auto none = plan_sampling(
      {}, stable_diffusion(), {.steps = 10, .strength = 0.05, .rule = StrengthRule::kDiffusers});
  EXPECT_EQ(none.error().param, "denoising_strength");
  EXPECT_EQ(plan_sampling({}, stable_diffusion(), {.strength = 1.5}).error().param,
            "denoising_strength");
}

TEST(Plan, ASecondPassRunsAllItsSteps) {
  for (const double strength : {0.05, 0.5, 0.7, 1.0}) {
    const SamplingPlan plan =
        planned({}, {.steps = 10, .strength = strength, .rule = StrengthRule::kAllSteps});
    EXPECT_EQ(plan.sigmas.size(), 11U) << strength;
    EXPECT_EQ(plan.first_step, static_cast<int>(10 / std::min(strength, 0.999)) - 10);
  }
  EXPECT_EQ(planned({}, {.steps = 10, .strength = 0, .rule = StrengthRule::kAllSteps}).first_step,
            9);
  EXPECT_EQ(plan_sampling({}, stable_diffusion(), {.strength = -1, .rule = StrengthRule::kAllSteps})
                .error()
                .param,
            "denoising_strength");
}

TEST(Plan, NoiseIsMixedAsTheModelWasTrained) {
  const Tensor64 picture(Shape{1}, {2.0}), noise(Shape{1}, {-1.0});
  const SamplingPlan plan = planned({}, {.steps = 10, .strength = 0.5});
  EXPECT_DOUBLE_EQ(plan.noised(picture, noise)[0], 2 - plan.sigmas.front());
  const NoiseSchedule flow = NoiseSchedule::flow(3);
  const SamplingPlan of_flow = plan_sampling({}, flow, {.steps = 10, .strength = 0.5}).value();
  const double sigma = of_flow.sigmas.front();
  EXPECT_DOUBLE_EQ(of_flow.noised(picture, noise)[0], 2 * (1 - sigma) - sigma);
}

TEST(Plan, FlowModelsHaveTheirOwnSchedulesAndSolvers) {
  const NoiseSchedule flow = NoiseSchedule::flow(3);
  const SamplingPlan plan = plan_sampling({.sampler = "Euler"}, flow, {.steps = 8}).value();
  EXPECT_EQ(plan.schedule, "Flow");
  EXPECT_NEAR(plan.sigmas[4], 0.75, 1e-12);
  EXPECT_EQ(plan.initial_scale, 1);
  EXPECT_EQ(plan.options.space, SigmaSpace::kFlow);
  const auto unfit = plan_sampling({.sampler = "DDIM"}, flow, {.steps = 8});
  EXPECT_EQ(unfit.error().code, ErrorCode::kUnsupported);
}

TEST(Plan, AnEtaWithoutNoiseIsAWarning) {
  EXPECT_EQ(planned({.sampler = "Heun", .options = {.eta = 0.5}}).warnings.size(), 1U);
  EXPECT_TRUE(planned({.sampler = "DDIM", .options = {.eta = 0.5}}).warnings.empty());
}

TEST(Plan, TheModelsOwnSchedulerIsUsedWhenNoneIsNamed) {
  const SamplerChoice choice{.model_scheduler =
                                 config_of(Json::object({{"_class_name", "DDIMScheduler"},
                                                         {"steps_offset", 1},
                                                         {"clip_sample", false},
                                                         {"set_alpha_to_one", false}}))};
  const SamplingPlan plan = planned(choice, {.steps = 10, .strength = 0.6});
  EXPECT_EQ(plan.solver->name, "DDIM");
  EXPECT_EQ(plan.schedule, "Leading");
  EXPECT_EQ(plan.first_step, 4);  // diffusers' rule
  EXPECT_EQ(plan.sigmas.size(), 7U);
  EXPECT_EQ(plan.options.landings.size(), 6U);
  EXPECT_EQ(plan.timestep_of(plan.sigmas.front(), stable_diffusion()), 501);
  SamplerChoice named = choice;
  named.sampler = "Heun";
  EXPECT_EQ(planned(named).solver->name, "Heun");
}

// Trailing with six steps: evaluations at 999, 832, 666, … but each step goes back by 166.
TEST(Plan, DdimLandsWhereDiffusersLands) {
  const SchedulerConfig config = config_of(Json::object({{"_class_name", "DDIMScheduler"},
                                                         {"timestep_spacing", "trailing"},
                                                         {"clip_sample", false}}));
  const SamplingPlan plan = plan_of_scheduler(config, stable_diffusion(), 6).value();
  EXPECT_EQ(plan.told[1].timestep, 832);
  EXPECT_EQ(plan.options.landings[0], stable_diffusion().sigmas()[833]);
  EXPECT_EQ(plan.options.landings[5], stable_diffusion().sigmas()[0]);  // 166 − 166
}

TEST(SchedulerConfig, WhatIsNotSupportedIsRefusedByName) {
  EXPECT_EQ(refused(Json::object()), "_class_name");
  EXPECT_EQ(refused(Json::object({{"_class_name", "SASolverScheduler"}})), "_class_name");
  const auto euler = [](Json::Member member) {
    return refused(Json::object({{"_class_name", "EulerDiscreteScheduler"}, std::move(member)}));
  };
  EXPECT_EQ(euler({"beta_schedule", "laplace"}), "beta_schedule");
  EXPECT_EQ(euler({"prediction_type", "other"}), "prediction_type");
  EXPECT_EQ(euler({"timestep_spacing", "other"}), "timestep_spacing");
  EXPECT_EQ(euler({"timestep_type", "continuous"}), "timestep_type");
  EXPECT_EQ(euler({"interpolation_type", "log_linear"}), "interpolation_type");
  EXPECT_EQ(euler({"steps_offset", "1"}), "steps_offset");
  EXPECT_EQ(euler({"final_sigmas_type", 3}), "final_sigmas_type");
  EXPECT_EQ(euler({"thresholding", true}), "thresholding");
  EXPECT_EQ(euler({"beta_start", true}), "beta_start");
  EXPECT_EQ(euler({"steps_offset", nullptr}), "accepted");
  EXPECT_EQ(refused(Json::object({{"_class_name", "PNDMScheduler"}})), "skip_prk_steps");
  EXPECT_EQ(refused(Json::object({{"_class_name", "DDPMScheduler"}, {"variance_type", "learned"}})),
            "variance_type");
  const auto misspelt = parse_scheduler_config(Json::object({{"_class_name", "DDIMSchedular"}}));
  EXPECT_THAT(misspelt.error().message, HasSubstr("did you mean 'DDIMScheduler'"));
}

TEST(SchedulerConfig, TimestepsOutsideTheModelAreRefused) {
  const SchedulerConfig config =
      config_of(Json::object({{"_class_name", "DDIMScheduler"}, {"steps_offset", 1}}));
  EXPECT_EQ(plan_of_scheduler(config, stable_diffusion(), 1000).error().param, "steps");
  EXPECT_EQ(plan_of_scheduler(config, stable_diffusion(), 0).error().param, "steps");
}

}  // namespace
}  // namespace diptych
