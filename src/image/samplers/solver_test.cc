#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "image/diffusion/noise_schedule.h"
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

}  // namespace
}  // namespace diptych
