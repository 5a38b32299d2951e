// Euler's method (Karras et al. 2022, algorithm 2 without the correction), and with ancestral
// noise. Golden: k-diffusion sample_euler, sample_euler_ancestral; a flow's ancestral step:
// ComfyUI.

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {

Result<Tensor64> solve_euler(Solve& solve) {
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double sigma = churn(solve, solve.sigmas[at]);
    TRY(const Tensor64 denoised, first_estimate(solve, i, sigma));
    solve.x = euler_step(solve.x, denoised, {sigma, solve.sigmas[at + 1]});
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_euler_ancestral(Solve& solve) {
  const double eta = solve.options.eta.value_or(1);
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(const Tensor64 denoised, first_estimate(solve, i, step.from));
    const AncestralSplit split = ancestral_split(step, eta, solve.options.space);
    solve.x = euler_step(solve.x, denoised, {step.from, split.down});
    renoise(solve, split);
  }
  return std::move(solve.x);
}

}  // namespace diptych
