#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "image/diffusion/noise_schedule.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/schedules.h"
#include "image/samplers/solver_registry.h"
#include "image/samplers/testing/solver_doubles.h"

namespace diptych {
namespace {

using testing::HasSubstr;

const SigmaRange kRange{std::sqrt(0.00085 / 0.99915), 14.614641229333639};

std::vector<double> six_karras_sigmas() {
  std::vector<double> sigmas = karras_spacing(kRange, 6);
  sigmas.push_back(0);
  return sigmas;
}

Result<Tensor64> (*solve_of(std::string_view name))(Solve&) { return find_solver(name)->solve; }

// What a solver does with D(x, σ) = x/(1 + σ²) from x = σ_max, the k-th draw being sin k.
double trajectory(std::string_view name, SolverOptions options = {.eta = 1}) {
  SineNoise noise;
  SilentObserver observer;
  const std::vector<double> sigmas = six_karras_sigmas();
  Solve solve{.denoise = gaussian_denoise(),
              .sigmas = sigmas,
              .x = Tensor64(Shape{1, 1, 1, 1}, {sigmas[0]}),
              .noise = noise,
              .observer = observer,
              .options = std::move(options)};
  const auto x = find_solver(name)->solve(solve);
  EXPECT_TRUE(x.has_value());
  return x ? (*x)[0] : std::nan("");
}

// k-diffusion (sampling.py of 2026-02) in float64.
TEST(GoldenSolver, TrajectoriesOfKDiffusion) {
  const std::pair<std::string_view, double> expected[] = {
      {"Euler", 0.736799197},
      {"Heun", 1.200050119},
      {"DPM2", 1.109447613},
      {"LMS", 0.828958451},
      {"DPM++ 2M", 1.087106254},
      {"Euler a", 0.420390964},
      {"DPM2 a", 1.966580128},
      {"DPM++ 2S a", 0.774081117},
      {"DPM++ SDE", -0.090394132},
      {"DPM++ 2M SDE", 0.630965592},
      {"DPM++ 2M SDE Heun", 0.812502456},
      {"DPM++ 3M SDE", 0.656045413},
  };
  for (const auto& [name, value] : expected) EXPECT_NEAR(trajectory(name), value, 1e-8) << name;
  EXPECT_NEAR(trajectory("DPM fast", {.eta = 0}), 1.268904661, 1e-8);
}

TEST(Solvers, EverySolverRunsOnItsModels) {
  const NoiseSchedule discrete = NoiseSchedule::from_betas({}).value();
  for (const SolverRow& row : solver_rows()) {
    for (const bool flow : {false, true}) {
      if (flow && !row.flow) continue;
      SCOPED_TRACE(std::string(row.name) + (flow ? " on a flow" : ""));
      std::vector<double> sigmas = flow ? linear_spacing(1, 0, 25) : karras_spacing(kRange, 24);
      if (!flow) sigmas.push_back(0);
      SineNoise noise;
      SilentObserver observer;
      Solve solve{.denoise = flow ? flow_denoise() : gaussian_denoise(),
                  .sigmas = sigmas,
                  .x = Tensor64(Shape{2, 1, 1, 1}, {sigmas[0], -sigmas[0] / 2}),
                  .noise = noise,
                  .observer = observer,
                  .options = {.eta = 0, .schedule = &discrete}};
      if (flow) solve.options.space = SigmaSpace::kFlow;
      const auto x = row.solve(solve);
      ASSERT_TRUE(x.has_value()) << x.error().message;
      EXPECT_TRUE(std::isfinite((*x)[0]));
      EXPECT_LT(std::abs((*x)[0]), 3);
      EXPECT_TRUE(row.stochastic || noise.draws() == 0);
      EXPECT_FALSE(observer.steps().empty());
      EXPECT_TRUE(std::ranges::is_sorted(observer.steps()));
      EXPECT_LT(observer.steps().back(), observer.count());
    }
  }
}

// The exact solution of this problem's flow is x·√(1 + σ_end²)/√(1 + σ_start²).
TEST(Solvers, DeterministicSolversApproachTheExactSolution) {
  const double exact = kRange.max / std::hypot(kRange.max, 1.0);
  const auto error = [&](std::string_view name, int steps) {
    std::vector<double> sigmas = karras_spacing({0.01, kRange.max}, steps);
    sigmas.push_back(0);
    SineNoise noise;
    SilentObserver observer;
    const Denoise denoise = gaussian_denoise();
    Solve solve{.denoise = denoise,
                .sigmas = sigmas,
                .x = Tensor64(Shape{1, 1, 1, 1}, {sigmas[0]}),
                .noise = noise,
                .observer = observer,
                .options = {.eta = 0}};
    return std::abs((*find_solver(name)->solve(solve))[0] - exact);
  };
  EXPECT_LT(error("Euler", 400), 0.02);
  EXPECT_LT(error("DPM adaptive", 100), 0.03);  // its own tolerance is 0.05
  for (const std::string_view name :
       {"Heun", "DPM2", "LMS", "DPM++ 2M", "DPM++ 3M", "DPM++ 2S a", "DPM++ 2S", "DPM++ 2M SDE",
        "DPM++ 2M SDE Heun", "DPM++ 3M SDE", "DPM++ SDE", "UniPC", "UniPC BH2", "DEIS", "PLMS",
        "IPNDM", "DPM fast"}) {
    EXPECT_LT(error(name, 100), 0.012) << name;
  }
}

TEST(Solvers, APictureIsTheSameAloneAndInABatch) {
  const NoiseSchedule discrete = NoiseSchedule::from_betas({}).value();
  const std::vector<double> sigmas = six_karras_sigmas();
  const Denoise denoise = gaussian_denoise();
  const auto run = [&](const SolverRow& row, Tensor64 x) {
    SineNoise noise;  // gives every picture the same draws
    SilentObserver observer;
    Solve solve{.denoise = denoise,
                .sigmas = sigmas,
                .x = std::move(x),
                .noise = noise,
                .observer = observer,
                .options = {.schedule = &discrete}};
    return row.solve(solve).value();
  };
  for (const SolverRow& row : solver_rows()) {
    const Tensor64 batch = run(row, Tensor64(Shape{2, 1, 1, 1}, {14.0, -3.0}));
    const Tensor64 alone = run(row, Tensor64(Shape{1, 1, 1, 1}, {-3.0}));
    EXPECT_EQ(row.traits.couples_batch, batch[1] != alone[0]) << row.name;
  }
}

TEST(Solvers, AnErrorOfModelOrObserverEndsTheRun) {
  const std::vector<double> sigmas = six_karras_sigmas();
  const Denoise broken = [](const Tensor64&, double) -> Result<Tensor64> {
    return fail(ErrorCode::kCancelled, "stopped");
  };
  for (const SolverRow& row : solver_rows()) {
    const NoiseSchedule discrete = NoiseSchedule::from_betas({}).value();
    SineNoise noise;
    SilentObserver observer;
    Solve solve{.denoise = broken,
                .sigmas = sigmas,
                .x = Tensor64(Shape{1, 1, 1, 1}, 1.0),
                .noise = noise,
                .observer = observer,
                .options = {.schedule = &discrete}};
    const auto x = row.solve(solve);
    ASSERT_FALSE(x.has_value()) << row.name;
    EXPECT_EQ(x.error().code, ErrorCode::kCancelled);
  }
}

TEST(Solvers, RestartGoesBackUp) {
  std::vector<double> sigmas = karras_spacing(kRange, 20), seen;
  sigmas.push_back(0);
  const Denoise denoise = [&](const Tensor64& x, double sigma) {
    seen.push_back(sigma);
    return gaussian_denoise()(x, sigma);
  };
  SineNoise noise;
  SilentObserver observer;
  Solve solve{.denoise = denoise,
              .sigmas = sigmas,
              .x = Tensor64(Shape{1, 1, 1, 1}, 14.0),
              .noise = noise,
              .observer = observer,
              .options = {}};
  ASSERT_TRUE(solve_of("Restart")(solve).has_value());
  EXPECT_EQ(noise.draws(), 1);
  EXPECT_EQ(observer.count(), 20);  // 11 and 9 again
  EXPECT_EQ(observer.steps().back(), 19);
}

TEST(Solvers, ChurnAddsNoiseWithinItsRange) {
  EXPECT_NE(trajectory("Euler", {.s_churn = 2}), trajectory("Euler"));
  EXPECT_EQ(trajectory("Euler", {.s_churn = 2, .s_tmin = 100}), trajectory("Euler"));
}

TEST(Solvers, LcmWithoutTimestepsIsRefused) {
  const std::vector<double> sigmas = six_karras_sigmas();
  const Denoise denoise = gaussian_denoise();
  SineNoise noise;
  SilentObserver observer;
  Solve solve{.denoise = denoise,
              .sigmas = sigmas,
              .x = Tensor64(Shape{1, 1, 1, 1}, 1.0),
              .noise = noise,
              .observer = observer,
              .options = {}};
  EXPECT_EQ(solve_of("LCM")(solve).error().code, ErrorCode::kUnsupported);
}

TEST(SolverRegistry, NamesAndAliasesAreUniqueAndSchedulesExist) {
  std::set<std::string> seen;
  const auto add = [&](std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_TRUE(seen.insert(lower).second) << name;
  };
  for (const SolverRow& row : solver_rows()) {
    add(row.name);
    for (const std::string_view alias : row.aliases) add(alias);
    EXPECT_NE(find_schedule(row.schedule), nullptr) << row.name;
    EXPECT_FALSE(row.doc.empty());
  }
  EXPECT_GE(solver_rows().size(), 20U);
}

TEST(SolverRegistry, LabelsMayEndInASchedule) {
  const auto named = [](std::string_view label) {
    const auto found = get_sampler(label);
    if (!found) return std::string("unknown");
    return std::string(found->solver->name) + "/" +
           std::string(found->schedule ? found->schedule->name : "");
  };
  EXPECT_EQ(named("DPM++ 2M Karras"), "DPM++ 2M/Karras");
  EXPECT_EQ(named("k_dpmpp_2m_sde"), "DPM++ 2M SDE/");
  EXPECT_EQ(named("DPM++ 2M SDE Heun Exponential"), "DPM++ 2M SDE Heun/Exponential");
  EXPECT_EQ(named("Euler a SGM Uniform"), "Euler a/SGM Uniform");
  EXPECT_EQ(named("euler A"), "Euler a/");
  EXPECT_EQ(named("Euler nothing"), "unknown");
  const auto refused = get_sampler("DPM++ 2N");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message, HasSubstr("'DPM++ 2M'"));
}

}  // namespace
}  // namespace diptych
