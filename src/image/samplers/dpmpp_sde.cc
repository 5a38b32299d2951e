// DPM-Solver++ for the stochastic equation: single-step, and multistep of order 2 and 3. Golden:
// k-diffusion sample_dpmpp_sde, sample_dpmpp_2m_sde, sample_dpmpp_3m_sde; diffusers
// DPMSolverMultistepScheduler with sde-dpmsolver++.

#include <cmath>
#include <optional>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

struct Estimate {
  double h;  // length in λ of the step it was made in
  Tensor64 denoised;
};

enum class SecondOrder { kMidpoint, kHeun };

void add_step_noise(Solve& solve, SigmaStep step, double scale) {
  const Tensor64 noise = solve.noise.draw_between(solve.x.shape, step);
  add_noise(solve.x, noise, scale * solve.options.s_noise);
}

// σ·√(1 − e^(−2ηh)): the deviation of the noise of a step of length h.
double noise_deviation(double sigma, double eta, double h) {
  return sigma * std::sqrt(-std::expm1(-2 * eta * h));
}

Result<Tensor64> solve_2m(Solve& solve, SecondOrder kind) {
  const SigmaSpace space = solve.options.space;
  const double eta = solve.options.eta.value_or(1);
  std::optional<Estimate> last;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (step.to == 0) {
      solve.x = std::move(denoised);
      continue;
    }
    const double h = finite_lambda_of(step.to, space) - finite_lambda_of(step.from, space);
    const double decay = h * (1 + eta);
    const double alpha = alpha_of(step.to, space);
    const double phi1 = -std::expm1(-decay);
    double correction = 0;  // of (D − D_last)
    if (last) {
      const double phi = kind == SecondOrder::kMidpoint ? phi1 / 2 : 1 - phi1 / decay;
      correction = alpha * phi * h / last->h;
    }
    solve.x = weighted_sum({{step.to / step.from * std::exp(-eta * h), &solve.x},
                            {alpha * phi1 + correction, &denoised},
                            {-correction, last ? &last->denoised : nullptr}});
    if (eta > 0) add_step_noise(solve, step, noise_deviation(step.to, eta, h));
    last = Estimate{h, std::move(denoised)};
  }
  return std::move(solve.x);
}

// One half of the single-step method: to `target`, with noise as far as `eta` says.
Result<Tensor64> sde_half(Solve& solve, const Tensor64& denoised, SigmaStep step, double eta) {
  const AncestralSplit split = ancestral_split(step, eta, SigmaSpace::kVarianceExploding);
  Tensor64 reached = euler_step(solve.x, denoised, {step.from, split.down});
  if (split.up > 0) {
    const Tensor64 noise = solve.noise.draw_between(reached.shape, step);
    add_noise(reached, noise, split.up * solve.options.s_noise);
  }
  return reached;
}

}  // namespace

Result<Tensor64> solve_dpmpp_sde(Solve& solve) {
  const double eta = solve.options.eta.value_or(1);
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (step.to > 0) {
      const double middle = std::sqrt(step.from * step.to);
      TRY(const Tensor64 half, sde_half(solve, denoised, {step.from, middle}, eta));
      TRY(denoised, solve.denoise(half, middle));
      TRY(solve.x, sde_half(solve, denoised, step, eta));
    } else {
      solve.x = std::move(denoised);
    }
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_dpmpp_2m_sde(Solve& solve) {
  return solve_2m(solve, SecondOrder::kMidpoint);
}
Result<Tensor64> solve_dpmpp_2m_sde_heun(Solve& solve) {
  return solve_2m(solve, SecondOrder::kHeun);
}

Result<Tensor64> solve_dpmpp_3m_sde(Solve& solve) {
  const double eta = solve.options.eta.value_or(1);
  std::optional<Estimate> last, before;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (step.to == 0) {
      solve.x = std::move(denoised);
      continue;
    }
    const double h = std::log(step.from / step.to);
    const double decay = h * (1 + eta);
    const double phi1 = -std::expm1(-decay);
    const double phi2 = 1 - phi1 / decay;
    const double phi3 = phi2 / decay - 0.5;
    double of_d10 = 0, of_d11 = 0;  // D − D_last and D_last − D_before, as they are
    if (before) {
      const double r0 = last->h / h, r1 = before->h / h;
      of_d10 = (phi2 * (1 + r0 / (r0 + r1)) - phi3 / (r0 + r1)) / r0;
      of_d11 = (-phi2 * r0 / (r0 + r1) + phi3 / (r0 + r1)) / r1;
    } else if (last) {
      of_d10 = phi2 * h / last->h;
    }
    solve.x = weighted_sum({{std::exp(-decay), &solve.x},
                            {phi1 + of_d10, &denoised},
                            {of_d11 - of_d10, last ? &last->denoised : nullptr},
                            {-of_d11, before ? &before->denoised : nullptr}});
    if (eta > 0) add_step_noise(solve, step, noise_deviation(step.to, eta, h));
    before = std::move(last);
    last = Estimate{h, std::move(denoised)};
  }
  return std::move(solve.x);
}

}  // namespace diptych
