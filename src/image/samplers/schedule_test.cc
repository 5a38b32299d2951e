#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "image/diffusion/noise_schedule.h"
#include "image/samplers/beta_distribution.h"
#include "image/samplers/labels.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/schedules.h"

namespace diptych {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

const NoiseSchedule& stable_diffusion() {
  static const NoiseSchedule schedule = NoiseSchedule::from_betas({}).value();
  return schedule;
}
const NoiseSchedule& flow() {
  static const NoiseSchedule schedule = NoiseSchedule::flow(3);
  return schedule;
}

struct Vector {
  std::string_view name;
  std::vector<double> sigmas;
  ScheduleOptions options = {};
};

// Eight steps with the betas of Stable Diffusion, computed by A1111, ComfyUI and scipy.
TEST(GoldenSchedule, EightStepsOfStableDiffusion) {
  const Vector vectors[] = {
      {"Uniform",
       {14.614641, 6.678000, 3.522057, 2.060641, 1.276832, 0.791260, 0.439666, 0.029167, 0}},
      {"Karras",
       {14.614641, 7.902935, 4.027738, 1.910357, 0.828868, 0.321120, 0.107198, 0.029167, 0}},
      {"Exponential",
       {14.614641, 6.012970, 2.473944, 1.017866, 0.418785, 0.172303, 0.070891, 0.029167, 0}},
      {"Polyexponential",
       {14.614641, 2.808599, 0.695650, 0.222071, 0.091368, 0.048450, 0.033113, 0.029167, 0},
       {.rho = 2}},
      {"SGM Uniform",
       {14.614641, 7.301982, 4.086081, 2.495967, 1.615580, 1.071159, 0.695150, 0.399701, 0}},
      {"Simple",
       {14.614641, 7.297352, 4.081729, 2.492531, 1.612886, 1.068951, 0.693205, 0.397746, 0}},
      {"DDIM", {7.371844, 4.116696, 2.510921, 1.623692, 1.076031, 0.698398, 0.402218, 0.041314, 0}},
      {"Beta",
       {14.614641, 13.577001, 11.451760, 8.759595, 5.884213, 3.192048, 1.066807, 0.029167, 0}},
      {"beta_comfy",
       {14.614641, 10.483473, 5.686591, 2.963613, 1.618279, 0.919833, 0.515391, 0.243270, 0}},
      {"KL Optimal",
       {14.614641, 3.876142, 2.142741, 1.398334, 0.961588, 0.657535, 0.419836, 0.216620, 0.029167}},
      {"Align Your Steps",
       {14.615000, 5.188100, 2.838839, 1.730658, 1.070780, 0.607827, 0.229864, 0.029000, 0}},
      {"ays_comfy",
       {14.615000, 5.689902, 3.226936, 2.062417, 1.396000, 0.873538, 0.510047, 0.193475, 0}},
  };
  for (const Vector& expected : vectors) {
    SCOPED_TRACE(expected.name);
    const auto sigmas =
        sigmas_of(*get_schedule(expected.name).value(), stable_diffusion(), 8, expected.options);
    ASSERT_TRUE(sigmas.has_value());
    EXPECT_THAT(*sigmas, Pointwise(DoubleNear(2e-5), expected.sigmas));
  }
}

TEST(GoldenSchedule, EightStepsOfAFlow) {
  const Vector vectors[] = {
      {"Flow", {1, 0.954545, 0.9, 0.833333, 0.75, 0.642857, 0.5, 0.3, 0}, {.shift = 3}},
      {"Flow dynamic",  // 512 × 512
       {1, 0.929295, 0.849235, 0.757831, 0.652489, 0.529758, 0.384945, 0.211500, 0},
       {.image_tokens = 1024}},
      {"Flow (diffusers)",
       {1, 0.947543, 0.882788, 0.800837, 0.693793, 0.548046, 0.337972, 0.008929, 0},
       {.shift = 3}},
  };
  for (const Vector& expected : vectors) {
    SCOPED_TRACE(expected.name);
    const auto sigmas =
        sigmas_of(*get_schedule(expected.name).value(), flow(), 8, expected.options);
    ASSERT_TRUE(sigmas.has_value());
    EXPECT_THAT(*sigmas, Pointwise(DoubleNear(1e-6), expected.sigmas));
  }
}

TEST(GoldenSchedule, DiffusersSpacings) {
  const auto spaced = [](Spacing spacing, int offset, bool extra) {
    return spaced_timesteps({.spacing = spacing, .offset = offset, .extra_point = extra}, 8);
  };
  using testing::ElementsAre;
  EXPECT_THAT(spaced(Spacing::kLinspace, 0, true),
              ElementsAre(999, 874, 749, 624, 500, 375, 250, 125));
  EXPECT_THAT(spaced(Spacing::kLeading, 1, true),
              ElementsAre(889, 778, 667, 556, 445, 334, 223, 112));
  EXPECT_THAT(spaced(Spacing::kLeading, 1, false),
              ElementsAre(876, 751, 626, 501, 376, 251, 126, 1));
  EXPECT_THAT(spaced(Spacing::kTrailing, 0, false),
              ElementsAre(999, 874, 749, 624, 499, 374, 249, 124));
  EXPECT_THAT(distilled_timesteps(1000, 50, 4).value(), ElementsAre(999, 759, 499, 259));
  EXPECT_EQ(distilled_timesteps(1000, 50, 51).error().param, "steps");
}

TEST(BetaDistribution, QuantilesAreThoseOfScipy) {  // scipy 1.16, beta.ppf
  EXPECT_NEAR(beta_quantile(0.5, 0.6, 0.6), 0.5, 1e-14);
  EXPECT_NEAR(beta_quantile(0.25, 1, 1), 0.25, 1e-14);
  EXPECT_NEAR(beta_quantile(0.25, 2, 1), 0.5, 1e-14);                // x²
  EXPECT_NEAR(beta_quantile(0.3, 1, 3), 1 - std::cbrt(0.7), 1e-14);  // 1 − (1−x)³
  EXPECT_EQ(beta_quantile(0, 0.6, 0.6), 0);
  EXPECT_EQ(beta_quantile(1, 0.6, 0.6), 1);
}

TEST(Schedules, EveryRowDescendsForAnyNumberOfSteps) {
  for (const ScheduleRow& row : schedule_rows()) {
    const bool is_flow = row.models == ScheduleModels::kFlowOnly;
    for (const int steps : {1, 2, 3, 7, 10, 20, 50}) {
      const auto sigmas = sigmas_of(row, is_flow ? flow() : stable_diffusion(), steps,
                                    {.shift = is_flow ? 3.0 : 1.0, .image_tokens = 1024});
      if (!sigmas && row.name == "Align Your Steps (timesteps)") continue;
      SCOPED_TRACE(std::string(row.name) + " " + std::to_string(steps));
      ASSERT_TRUE(sigmas.has_value());
      EXPECT_GE(sigmas->size(), 2U);
      EXPECT_TRUE(std::ranges::is_sorted(*sigmas, std::greater_equal<double>()));
    }
  }
}

TEST(Schedules, NamesAndAliasesAreUnique) {
  std::set<std::string> seen;
  const auto add = [&](std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_TRUE(seen.insert(lower).second) << name;
  };
  for (const ScheduleRow& row : schedule_rows()) {
    add(row.name);
    for (const std::string_view alias : row.aliases) add(alias);
    EXPECT_FALSE(row.doc.empty());
  }
  EXPECT_GE(schedule_rows().size(), 12U);
}

TEST(Schedules, UnknownNamesAreAnsweredWithNearOnes) {
  EXPECT_EQ(get_schedule("karras").value()->name, "Karras");
  const auto refused = get_schedule("Karas");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message, HasSubstr("did you mean 'Karras'"));
}

TEST(Schedules, WhatCannotBeHonouredIsRefusedByName) {
  const auto refused = [](std::string_view name, int steps, const ScheduleOptions& options,
                          const NoiseSchedule& schedule = stable_diffusion()) {
    const auto sigmas = sigmas_of(*find_schedule(name), schedule, steps, options);
    return sigmas ? std::string("accepted") : sigmas.error().param;
  };
  EXPECT_EQ(refused("Karras", 0, {}), "steps");
  EXPECT_EQ(refused("Karras", 1001, {}), "steps");
  EXPECT_EQ(refused("Karras", 8, {.rho = 0}), "rho");
  EXPECT_EQ(refused("Karras", 8, {.sigma_min = 20}), "sigma_min");
  EXPECT_EQ(refused("Karras", 8, {.sigma_max = -1}), "sigma_max");
  EXPECT_EQ(refused("Uniform", 8, {.sigma_max = 10}), "sigma_max");
  EXPECT_EQ(refused("Exponential", 8, {.rho = 3}), "rho");
  EXPECT_EQ(refused("Flow", 8, {}), "scheduler");
  EXPECT_EQ(refused("Uniform", 8, {}, flow()), "scheduler");
  EXPECT_EQ(refused("Flow dynamic", 8, {}, flow()), "scheduler");
  EXPECT_EQ(refused("LCM", 51, {}), "steps");
  EXPECT_EQ(refused("ays_timesteps", 9, {}), "steps");
}

TEST(Labels, OnlyNearNamesAreSuggested) {
  const std::string_view names[] = {"Euler", "Euler a", "Heun"};
  EXPECT_EQ(suggestion("euler", names), "; did you mean 'Euler', 'Euler a'?");
  EXPECT_EQ(suggestion("something else", names), "");
  EXPECT_EQ(suggestion(std::string(100, 'e'), names), "");
}

}  // namespace
}  // namespace diptych
