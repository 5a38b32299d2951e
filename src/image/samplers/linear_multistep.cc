// Methods that extrapolate the slope dx/dσ from earlier steps. LMS integrates the polynomial
// through the last slopes (Golden: k-diffusion sample_lms); IPNDM takes the Adams–Bashforth
// coefficients of equal steps (ComfyUI sample_ipndm).

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

constexpr int kOrderMax = 4;
using Coefficients = std::array<double, kOrderMax>;  // of the newest slope first; the rest 0

// ∫ of Lagrange's basis polynomials through the last sigmas. Gauss's rule of two points is exact up
// to degree three.
Coefficients lagrange_integrals(std::span<const double> sigmas, std::size_t at, int order) {
  const double middle = (sigmas[at] + sigmas[at + 1]) / 2;
  const double half = (sigmas[at + 1] - sigmas[at]) / 2;
  Coefficients integrals{};
  for (int j = 0; j < order; ++j) {
    for (const double node : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
      double product = half;
      for (int k = 0; k < order; ++k) {
        const double of_k = sigmas[at - static_cast<std::size_t>(k)];
        const double of_j = sigmas[at - static_cast<std::size_t>(j)];
        if (k != j) product *= (middle + half * node - of_k) / (of_j - of_k);
      }
      integrals[static_cast<std::size_t>(j)] += product;
    }
  }
  return integrals;
}

constexpr Coefficients kAdamsBashforth[kOrderMax] = {{1, 0, 0, 0},
                                                     {3.0 / 2, -1.0 / 2, 0, 0},
                                                     {23.0 / 12, -16.0 / 12, 5.0 / 12, 0},
                                                     {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}};

class SlopeHistory {  // newest first
 public:
  void add(Tensor64 slope) {
    slopes_.push_front(std::move(slope));
    if (slopes_.size() > kOrderMax) slopes_.pop_back();
  }
  int count() const { return static_cast<int>(slopes_.size()); }
  Tensor64 moved(const Tensor64& x, const Coefficients& coefficients) const {
    Tensor64 result = x;
    for (std::size_t j = 0; j < slopes_.size(); ++j) {
      if (coefficients[j] != 0) add_noise(result, slopes_[j], coefficients[j]);
    }
    return result;
  }

 private:
  std::deque<Tensor64> slopes_;
};

}  // namespace

Result<Tensor64> solve_lms(Solve& solve) {
  const int order_max =
      solve.options.order == 0 ? kOrderMax : std::clamp(solve.options.order, 1, kOrderMax);
  SlopeHistory history;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    TRY(const Tensor64 denoised, first_estimate(solve, i, solve.sigmas[at]));
    history.add(slope(solve.x, denoised, solve.sigmas[at]));
    const int order = std::min(history.count(), order_max);
    solve.x = history.moved(solve.x, lagrange_integrals(solve.sigmas, at, order));
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_ipndm(Solve& solve) {
  SlopeHistory history;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (step.to == 0) {
      solve.x = std::move(denoised);
      continue;
    }
    history.add(slope(solve.x, denoised, step.from));
    Coefficients coefficients = kAdamsBashforth[history.count() - 1];
    for (double& coefficient : coefficients) coefficient *= step.to - step.from;
    solve.x = history.moved(solve.x, coefficients);
  }
  return std::move(solve.x);
}

// Pseudo linear multistep (Liu et al. 2022): the first step is taken twice, the second time with
// the mean of the slopes at both its ends. Golden: diffusers PNDMScheduler with skip_prk_steps.
Result<Tensor64> solve_plms(Solve& solve) {
  SlopeHistory history;
  for (int i = 0; i < step_count(solve); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(const Tensor64 denoised, first_estimate(solve, i, step.from));
    history.add(slope(solve.x, denoised, step.from));
    const double distance = step.to - step.from;
    if (i == 0 && step_count(solve) > 1) {
      const Tensor64 reached = euler_step(solve.x, denoised, step);
      TRY(const Tensor64 denoised_there, solve.denoise(reached, step.to));
      const Tensor64 there = slope(reached, denoised_there, step.to);
      solve.x = history.moved(solve.x, {distance / 2, 0, 0, 0});
      add_noise(solve.x, there, distance / 2);
      continue;
    }
    Coefficients coefficients = kAdamsBashforth[history.count() - 1];
    for (double& coefficient : coefficients) coefficient *= distance;
    solve.x = history.moved(solve.x, coefficients);
  }
  return std::move(solve.x);
}

}  // namespace diptych
