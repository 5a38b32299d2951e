// DDIM (Song et al. 2021) and DDPM (Ho et al. 2020). In the variance-exploding view a DDIM step
// with eta is an ancestral Euler step, and a DDPM step is the one with eta 1, its mean taken from a
// clamped x0. Golden: diffusers DDIMScheduler, DDPMScheduler.

#include <algorithm>
#include <cmath>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

Tensor64 clamped(Tensor64 denoised, double limit) {
  if (limit <= 0) return denoised;
  for (double& value : denoised.values) value = std::clamp(value, -limit, limit);
  return denoised;
}

double landing_of(const Solve& solve, std::size_t step) {
  const auto& landings = solve.options.landings;
  return step < landings.size() ? landings[step] : solve.sigmas[step + 1];
}

// The same variance-preserving picture, taken as if at another sigma.
void relabel(Tensor64& x, SigmaStep sigmas) {
  if (sigmas.from == sigmas.to) return;
  const double factor = std::hypot(sigmas.to, 1.0) / std::hypot(sigmas.from, 1.0);
  for (double& value : x.values) value *= factor;
}

}  // namespace

Result<Tensor64> solve_ddim(Solve& solve) {
  const double eta = solve.options.eta.value_or(0);
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], landing_of(solve, at)};
    TRY(const Tensor64 denoised, first_estimate(solve, i, step.from));
    const AncestralSplit split = ancestral_split(step, eta, SigmaSpace::kVarianceExploding);
    // x0 may be clamped; the noise comes from the estimate as it is.
    const Tensor64 picture = clamped(denoised, solve.options.clip);
    const double share = split.down / step.from;
    solve.x = weighted_sum({{share, &solve.x}, {-share, &denoised}, {1, &picture}});
    renoise(solve, split);
    relabel(solve.x, {step.to, solve.sigmas[at + 1]});
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_ddpm(Solve& solve) {
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 estimate, first_estimate(solve, i, step.from));
    const Tensor64 denoised = clamped(std::move(estimate), solve.options.clip);
    const AncestralSplit split = ancestral_split(step, 1, SigmaSpace::kVarianceExploding);
    solve.x = euler_step(solve.x, denoised, {step.from, split.down});
    renoise(solve, split);
  }
  return std::move(solve.x);
}

}  // namespace diptych
