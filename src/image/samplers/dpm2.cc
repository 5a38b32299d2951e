// DPM-Solver-2 with the midpoint in log σ, and with ancestral noise. Golden: k-diffusion
// sample_dpm_2, sample_dpm_2_ancestral.

#include <cmath>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

// From solve.x, whose estimate is given, over the geometric mean of the two sigmas.
Result<Tensor64> midpoint_step(Solve& solve, const Tensor64& denoised, SigmaStep step) {
  if (step.to == 0) return euler_step(solve.x, denoised, step);
  const double middle = std::sqrt(step.from * step.to);
  const Tensor64 half = euler_step(solve.x, denoised, {step.from, middle});
  TRY(const Tensor64 denoised_there, solve.denoise(half, middle));
  const Tensor64 there = slope(half, denoised_there, middle);
  return weighted_sum({{1, &solve.x}, {step.to - step.from, &there}});
}

}  // namespace

Result<Tensor64> solve_dpm2(Solve& solve) {
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double sigma = churn(solve, solve.sigmas[at]);
    TRY(const Tensor64 denoised, first_estimate(solve, i, sigma));
    TRY(solve.x, midpoint_step(solve, denoised, {sigma, solve.sigmas[at + 1]}));
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_dpm2_ancestral(Solve& solve) {
  const double eta = solve.options.eta.value_or(1);
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(const Tensor64 denoised, first_estimate(solve, i, step.from));
    const AncestralSplit split = ancestral_split(step, eta, solve.options.space);
    TRY(solve.x, midpoint_step(solve, denoised, {step.from, split.down}));
    renoise(solve, split);
  }
  return std::move(solve.x);
}

}  // namespace diptych
