// DPM-Solver++(2S): a second estimate within each step. Ancestral (golden: k-diffusion
// sample_dpmpp_2s_ancestral), and over pairs of the schedule's steps (golden: diffusers
// DPMSolverSinglestepScheduler of order 2).

#include <cmath>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

// First-order step in λ.
Tensor64 first_order(const Tensor64& x, const Tensor64& denoised, SigmaStep step,
                     SigmaSpace space) {
  const double h = lambda_of(step.to, space) - lambda_of(step.from, space);
  return weighted_sum(
      {{step.to / step.from, &x}, {-std::expm1(-h) * alpha_of(step.to, space), &denoised}});
}

// Orders 1, 2, 1, 2, …; the last is 1 where the count is even or the end is sigma 0.
bool is_second_half(int index, int count, bool lowered) {
  return index % 2 == 1 && !(lowered && index == count - 1);
}

}  // namespace

Result<Tensor64> solve_dpmpp_2s_ancestral(Solve& solve) {
  const double eta = solve.options.eta.value_or(1);
  constexpr auto kSpace = SigmaSpace::kVarianceExploding;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    const AncestralSplit split = ancestral_split(step, eta, kSpace);
    if (split.down > 0) {
      const double middle = std::sqrt(step.from * split.down);
      const Tensor64 half = first_order(solve.x, denoised, {step.from, middle}, kSpace);
      TRY(denoised, solve.denoise(half, middle));
    }
    solve.x = first_order(solve.x, denoised, {step.from, split.down}, kSpace);
    renoise(solve, split);
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_dpmpp_2s(Solve& solve) {
  const SigmaSpace space = solve.options.space;
  const bool lowered = solve.options.lower_order_final.value_or(true) || solve.sigmas.back() == 0;
  Tensor64 start, earlier;  // x and its estimate at the first half of a pair
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double sigma = solve.sigmas[at], next = solve.sigmas[at + 1];
    TRY(Tensor64 denoised, first_estimate(solve, i, sigma));
    if (!is_second_half(i, step_count(solve), lowered)) {
      start = solve.x;
      solve.x = first_order(start, denoised, {sigma, next}, space);
      earlier = std::move(denoised);
      continue;
    }
    const double from = solve.sigmas[at - 1];
    const double begin = lambda_of(from, space);
    const double h = lambda_of(next, space) - begin;
    const double r = (lambda_of(sigma, space) - begin) / h;
    const double phi = -std::expm1(-h) * alpha_of(next, space);
    solve.x = weighted_sum(
        {{next / from, &start}, {phi * (1 - 0.5 / r), &earlier}, {phi * 0.5 / r, &denoised}});
  }
  return std::move(solve.x);
}

}  // namespace diptych
