#include "image/diffusion/noise_schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "formats/testing/npz.h"

namespace diptych {
namespace {

NoiseSchedule schedule_of(const BetaOptions& options) {
  return NoiseSchedule::from_betas(options).value();
}

TEST(GoldenNoiseSchedule, StableDiffusionsAlphasEqualTorchs) {  // diffusers 0.42, torch 2.15
  const auto arrays = read_npz(fixture_folder() / "schedulers" / "ddim.npz");
  ASSERT_TRUE(arrays.has_value());
  const Tensor64& wanted = arrays->at("alphas_cumprod");
  const NoiseSchedule schedule = schedule_of({});
  ASSERT_EQ(schedule.alphas_cumprod().size(), wanted.size());
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    ASSERT_NEAR(schedule.alphas_cumprod()[t], wanted[t], 1e-7) << t;
  }
}

TEST(GoldenNoiseSchedule, ZeroTerminalSnrEqualsDiffusers) {
  const auto arrays = read_npz(fixture_folder() / "schedulers" / "ddim_v_zero_snr.npz");
  ASSERT_TRUE(arrays.has_value());
  const Tensor64& wanted = arrays->at("alphas_cumprod");
  const NoiseSchedule schedule = schedule_of({.zero_terminal_snr = true});
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    ASSERT_NEAR(schedule.alphas_cumprod()[t], wanted[t], 5e-7) << t;
  }
  EXPECT_EQ(schedule.alphas_cumprod().back(), 0);
  EXPECT_NEAR(schedule.sigma_max(), 1e8, 1);
  EXPECT_NEAR(schedule_of({.zero_terminal_snr = true, .last_alpha_floor = 0x1p-24}).sigma_max(),
              4096, 1e-3);
}

TEST(NoiseSchedule, SigmasOfStableDiffusion) {
  const NoiseSchedule schedule = schedule_of({});
  EXPECT_NEAR(schedule.sigma_min(), 0.0291675, 1e-7);
  EXPECT_NEAR(schedule.sigmas()[1], 0.04131441, 1e-6);
  EXPECT_NEAR(schedule.sigmas()[499], 1.61288619, 1e-6);
  EXPECT_NEAR(schedule.sigma_max(), 14.61464123, 1e-5);
}

TEST(NoiseSchedule, TimestepAndSigmaAreInverse) {
  const NoiseSchedule schedule = schedule_of({});
  for (const double t : {0.0, 0.25, 1.0, 123.5, 998.75, 999.0}) {
    EXPECT_NEAR(schedule.timestep_of(schedule.sigma_at(t)), t, 1e-9);
  }
  EXPECT_EQ(schedule.timestep_of(0), 0);
  EXPECT_EQ(schedule.timestep_of(1000), 999);
  EXPECT_EQ(schedule.sigma_at(-5), schedule.sigma_min());
}

TEST(NoiseSchedule, BetweenTimestepsTheTwoInterpolationsDiffer) {
  const NoiseSchedule schedule = schedule_of({});
  const double low = schedule.sigmas()[10], high = schedule.sigmas()[11];
  EXPECT_DOUBLE_EQ(schedule.sigma_at(10.5), std::sqrt(low * high));
  EXPECT_DOUBLE_EQ(schedule.linear_sigma_at(10.5), (low + high) / 2);
}

TEST(NoiseSchedule, OtherCurvesHaveTheirClosedForms) {
  const NoiseSchedule cosine = schedule_of({.curve = BetaCurve::kSquaredCosine});
  const double angle = (0.5 + 0.008) / 1.008 * 3.14159265358979 / 2;
  EXPECT_NEAR(
      cosine.alphas_cumprod()[499],
      std::pow(std::cos(angle), 2) / std::pow(std::cos(0.008 / 1.008 * 3.14159265358979 / 2), 2),
      1e-5);
  const NoiseSchedule given = schedule_of({.trained_betas = {0.5, 0.5}});
  EXPECT_EQ(given.timestep_count(), 2);
  EXPECT_DOUBLE_EQ(given.alphas_cumprod()[1], 0.25);
  EXPECT_DOUBLE_EQ(given.sigma_max(), std::sqrt(3.0));
}

TEST(NoiseSchedule, AFlowsTimestepIsItsSigma) {
  const NoiseSchedule schedule = NoiseSchedule::flow(3);
  EXPECT_EQ(schedule.space(), SigmaSpace::kFlow);
  EXPECT_DOUBLE_EQ(schedule.sigma_max(), 1);
  EXPECT_DOUBLE_EQ(schedule.sigmas()[499], 0.75);  // 3·½ / (1 + 2·½)
  EXPECT_DOUBLE_EQ(schedule.timestep_of(0.75), 750);
}

TEST(NoiseSchedule, ImpossibleBetasAreRefused) {
  EXPECT_EQ(NoiseSchedule::from_betas({.timestep_count = 0}).error().param, "num_train_timesteps");
  EXPECT_EQ(NoiseSchedule::from_betas({.timestep_count = 1 << 30}).error().param,
            "num_train_timesteps");
  EXPECT_EQ(NoiseSchedule::from_betas({.start = 0, .end = 0}).error().param, "betas");
  EXPECT_EQ(NoiseSchedule::from_betas({.trained_betas = {0.1, 1.5}}).error().param, "betas");
  EXPECT_EQ(parse_beta_curve("laplace").error().param, "beta_schedule");
}

}  // namespace
}  // namespace diptych
