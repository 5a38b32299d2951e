// Solvers of models distilled to few steps: LCM (Luo et al. 2023) and TCD (Zheng et al. 2024). They
// need the model's timesteps. Golden: diffusers LCMScheduler, TCDScheduler.

#include <algorithm>
#include <cmath>

#include "image/diffusion/noise_schedule.h"
#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

Status check_schedule(const Solve& solve, std::string_view name) {
  if (solve.options.schedule != nullptr) return {};
  return fail(ErrorCode::kUnsupported, std::string(name) + " needs a model with discrete timesteps",
              "sampler_name");
}

}  // namespace

Result<Tensor64> solve_lcm(Solve& solve) {
  constexpr double kTimestepScale = 10, kDataDeviation = 0.5;
  TRY_STATUS(check_schedule(solve, "LCM"));
  const double limit = solve.options.clip;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (limit > 0) {
      for (double& value : denoised.values) value = std::clamp(value, -limit, limit);
    }
    // The boundary condition: at timestep 0 the estimate is x itself, in variance-preserving form.
    const double t =
        kTimestepScale * std::nearbyint(solve.options.schedule->timestep_of(step.from));
    const double share = kDataDeviation / std::hypot(t, kDataDeviation);
    const double of_x = share * share / std::hypot(step.from, 1.0);
    solve.x = weighted_sum({{of_x, &solve.x}, {t / std::hypot(t, kDataDeviation), &denoised}});
    if (step.to > 0 && i + 1 < step_count(solve)) {
      add_noise(solve.x, solve.noise.draw(solve.x.shape), step.to * solve.options.s_noise);
    }
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_tcd(Solve& solve) {
  TRY_STATUS(check_schedule(solve, "TCD"));
  const double gamma = solve.options.eta.value_or(0.3);
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(const Tensor64 denoised, first_estimate(solve, i, step.from));
    // In single precision, as the reference: the product decides which whole timestep it is.
    const auto next =
        static_cast<float>(std::nearbyint(solve.options.schedule->timestep_of(step.to)));
    const double target = std::floor(static_cast<float>(1 - gamma) * next);
    const double below = step.to == 0 ? 0 : solve.options.schedule->sigma_at(target);
    solve.x = euler_step(solve.x, denoised, {step.from, below});
    if (gamma > 0 && i + 1 < step_count(solve) && step.to > below) {
      add_noise(solve.x, solve.noise.draw(solve.x.shape),
                solve.options.s_noise * std::sqrt(step.to * step.to - below * below));
    }
  }
  return std::move(solve.x);
}

}  // namespace diptych
