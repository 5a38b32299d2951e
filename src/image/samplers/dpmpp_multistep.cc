// DPM-Solver++ (Lu et al. 2022, algorithm 2), multistep, of order 1 to 3, deterministic. Golden:
// k-diffusion sample_dpmpp_2m; diffusers DPMSolverMultistepScheduler.

#include <algorithm>
#include <cmath>
#include <deque>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

struct Estimate {
  double lambda;
  Tensor64 denoised;
};
using History = std::deque<Estimate>;  // newest first

// x at the next sigma from the polynomial in λ through the last `order` estimates.
Tensor64 extrapolated(const Solve& solve, const History& history, SigmaStep step, int order) {
  const SigmaSpace space = solve.options.space;
  const double h = lambda_of(step.to, space) - history[0].lambda;
  const double phi1 = -std::expm1(-h) * alpha_of(step.to, space);
  const Term of_x{step.to / step.from, &solve.x};
  const Tensor64* d0 = &history[0].denoised;
  if (order == 1) return weighted_sum({of_x, {phi1, d0}});
  const Tensor64* d1 = &history[1].denoised;
  const double r0 = (history[0].lambda - history[1].lambda) / h;
  if (order == 2) {
    return weighted_sum({of_x, {phi1 * (1 + 0.5 / r0), d0}, {-phi1 * 0.5 / r0, d1}});
  }
  const Tensor64* d2 = &history[2].denoised;
  const double r1 = (history[1].lambda - history[2].lambda) / h;
  const double alpha = alpha_of(step.to, space);
  const double phi2 = alpha * (std::expm1(-h) / h + 1);
  const double phi3 = alpha * ((std::expm1(-h) + h) / (h * h) - 0.5);
  // Divided differences: first = D10 + r0/(r0 + r1)·(D10 − D11), second = (D10 − D11)/(r0 + r1).
  const double of_d10 = phi2 * (1 + r0 / (r0 + r1)) - phi3 / (r0 + r1);
  const double of_d11 = -phi2 * r0 / (r0 + r1) + phi3 / (r0 + r1);
  return weighted_sum(
      {of_x, {phi1 + of_d10 / r0, d0}, {-of_d10 / r0 + of_d11 / r1, d1}, {-of_d11 / r1, d2}});
}

Result<Tensor64> solve_multistep(Solve& solve, int order_default) {
  const int order_max = solve.options.order == 0 ? order_default : solve.options.order;
  const bool lowered = solve.options.lower_order_final.value_or(false);
  const int steps = step_count(solve);
  History history;
  for (int i = 0; i < steps; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    history.push_front({lambda_of(step.from, solve.options.space), std::move(denoised)});
    if (history.size() > 3) history.pop_back();
    int order = std::min({order_max, static_cast<int>(history.size()), 3});
    if (lowered) order = std::min(order, steps - i);
    if (step.to == 0) order = 1;
    solve.x = extrapolated(solve, history, step, order);
  }
  return std::move(solve.x);
}

}  // namespace

Result<Tensor64> solve_dpmpp_2m(Solve& solve) { return solve_multistep(solve, 2); }
Result<Tensor64> solve_dpmpp_3m(Solve& solve) { return solve_multistep(solve, 3); }

}  // namespace diptych
