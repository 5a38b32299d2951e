// Heun's method (Karras et al. 2022, algorithm 2). Golden: k-diffusion sample_heun.

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {

Result<Tensor64> heun_step(Solve& solve, StepPlace place, SigmaStep step) {
  TRY(const Tensor64 denoised, first_estimate(solve, place, step.from));
  Tensor64 reached = euler_step(solve.x, denoised, step);
  if (step.to == 0) return reached;
  TRY(const Tensor64 denoised_there, solve.denoise(reached, step.to));
  const Tensor64 here = slope(solve.x, denoised, step.from);
  const Tensor64 there = slope(reached, denoised_there, step.to);
  const double half = (step.to - step.from) / 2;
  return weighted_sum({{1, &solve.x}, {half, &here}, {half, &there}});
}

Result<Tensor64> solve_heun(Solve& solve) {
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double sigma = churn(solve, solve.sigmas[at]);
    TRY(solve.x, heun_step(solve, {i, step_count(solve)}, {sigma, solve.sigmas[at + 1]}));
  }
  return std::move(solve.x);
}

}  // namespace diptych
