#include "image/samplers/solver_step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"

namespace diptych {

Tensor64 weighted_sum(std::initializer_list<Term> terms) {
  CHECK(terms.size() > 0 && terms.begin()->tensor != nullptr);
  Tensor64 sum(terms.begin()->tensor->shape);
  for (const Term& term : terms) {
    if (term.weight == 0 || term.tensor == nullptr) continue;
    DCHECK(term.tensor->shape == sum.shape);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += term.weight * (*term.tensor)[i];
  }
  return sum;
}

int step_count(const Solve& solve) { return static_cast<int>(solve.sigmas.size()) - 1; }

Result<Tensor64> first_estimate(Solve& solve, StepPlace place, double sigma) {
  TRY(Tensor64 denoised, solve.denoise(solve.x, sigma));
  TRY_STATUS(solve.observer.step({place.index, place.count, sigma, solve.x, denoised}));
  return denoised;
}

Result<Tensor64> first_estimate(Solve& solve, int index, double sigma) {
  return first_estimate(solve, StepPlace{index, step_count(solve)}, sigma);
}

Tensor64 euler_step(const Tensor64& x, const Tensor64& denoised, SigmaStep step) {
  const double share = step.to / step.from;
  return weighted_sum({{share, &x}, {1 - share, &denoised}});
}

Tensor64 slope(const Tensor64& x, const Tensor64& denoised, double sigma) {
  return weighted_sum({{1 / sigma, &x}, {-1 / sigma, &denoised}});
}

AncestralSplit ancestral_split(SigmaStep step, double eta, SigmaSpace space) {
  const auto [from, to] = step;
  if (eta == 0) return {to, 0, 1};
  if (space == SigmaSpace::kFlow) {  // as ComfyUI's rectified-flow ancestral step
    const double down = to * (1 + (to / from - 1) * eta);
    const double keep = (1 - to) / (1 - down);
    return {down, std::sqrt(std::max(to * to - down * down * keep * keep, 0.0)), keep};
  }
  const double ratio = to / from;
  const double up = std::min(to, eta * to * std::sqrt(std::max(1 - ratio * ratio, 0.0)));
  return {std::sqrt(to * to - up * up), up, 1};
}

void add_noise(Tensor64& x, const Tensor64& noise, double scale) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += scale * noise[i];
}

void renoise(Solve& solve, const AncestralSplit& split) {
  if (split.up == 0) return;
  for (double& value : solve.x.values) value *= split.keep;
  add_noise(solve.x, solve.noise.draw(solve.x.shape), split.up * solve.options.s_noise);
}

double churn(Solve& solve, double sigma) {
  const SolverOptions& options = solve.options;
  if (options.s_churn <= 0 || sigma < options.s_tmin || sigma > options.s_tmax) return sigma;
  const double gamma = std::min(options.s_churn / step_count(solve), std::numbers::sqrt2 - 1);
  const double raised = sigma * (1 + gamma);
  add_noise(solve.x, solve.noise.draw(solve.x.shape),
            options.s_noise * std::sqrt(raised * raised - sigma * sigma));
  return raised;
}

double lambda_of(double sigma, SigmaSpace space) {
  if (sigma <= 0) return std::numeric_limits<double>::infinity();
  return std::log(alpha_of(sigma, space)) - std::log(sigma);
}

double finite_lambda_of(double sigma, SigmaSpace space) {
  constexpr double kFlowSigmaMax = 1 - 1e-6;
  return lambda_of(space == SigmaSpace::kFlow ? std::min(sigma, kFlowSigmaMax) : sigma, space);
}

double alpha_of(double sigma, SigmaSpace space) {
  return space == SigmaSpace::kFlow ? std::max(1 - sigma, 0.0) : 1;
}

}  // namespace diptych
