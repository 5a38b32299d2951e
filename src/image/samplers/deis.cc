// DEIS (Zhang and Chen 2023) in log ρ, ρ = σ: the noise estimate is taken for a polynomial in ln σ
// and integrated over σ. Order 1 to 3. Golden: diffusers DEISMultistepScheduler.

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

constexpr int kOrderMax = 3;
using Vector = std::array<double, kOrderMax>;

// Antiderivatives of (ln σ)^k, k = 0, 1, 2; all 0 at σ = 0.
Vector antiderivatives(double sigma) {
  if (sigma == 0) return {};
  const double u = std::log(sigma);
  return {sigma, sigma * (u - 1), sigma * (u * u - 2 * u + 2)};
}

// ∫ of Lagrange's basis polynomials in ln σ through the last `order` sigmas, the newest first.
Vector integrals(std::span<const double> sigmas, std::size_t at, int order) {
  const Vector high = antiderivatives(sigmas[at + 1]), low = antiderivatives(sigmas[at]);
  Vector result{};
  for (std::size_t j = 0; j < static_cast<std::size_t>(order); ++j) {
    Vector basis{1, 0, 0};  // coefficients by power of ln σ
    for (std::size_t k = 0; k < static_cast<std::size_t>(order); ++k) {
      if (k == j) continue;
      const double root = std::log(sigmas[at - k]);
      const double width = std::log(sigmas[at - j]) - root;
      basis = {-root * basis[0] / width, (basis[0] - root * basis[1]) / width,
               (basis[1] - root * basis[2]) / width};
    }
    for (std::size_t power = 0; power < kOrderMax; ++power) {
      result[j] += basis[power] * (high[power] - low[power]);
    }
  }
  return result;
}

}  // namespace

Result<Tensor64> solve_deis(Solve& solve) {
  const int wanted = solve.options.order == 0 ? 2 : solve.options.order;
  const bool lowered = solve.options.lower_order_final.value_or(true);
  const int steps = step_count(solve);
  std::deque<Tensor64> noises;
  for (int i = 0; i < steps; ++i) {
    const auto at = static_cast<std::size_t>(i);
    TRY(const Tensor64 denoised, first_estimate(solve, i, solve.sigmas[at]));
    noises.push_front(slope(solve.x, denoised, solve.sigmas[at]));
    if (noises.size() > kOrderMax) noises.pop_back();
    int order = std::min({wanted, kOrderMax, static_cast<int>(noises.size())});
    if (lowered) order = std::min(order, steps - i);
    const Vector weights = integrals(solve.sigmas, at, order);
    for (std::size_t j = 0; j < static_cast<std::size_t>(order); ++j) {
      add_noise(solve.x, noises[j], weights[j]);
    }
  }
  return std::move(solve.x);
}

}  // namespace diptych
