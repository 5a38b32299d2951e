// UniPC (Zhao et al. 2023) on estimates of x0: a multistep predictor whose result the next estimate
// corrects. Golden: diffusers UniPCMultistepScheduler, bh2.

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

constexpr int kOrderMax = 3;
enum class Divisor { kBh1, kBh2 };  // B(h) = h or e^h − 1

using Vector = std::array<double, kOrderMax>;

struct Estimate {
  double lambda;
  Tensor64 denoised;
};
using History = std::deque<Estimate>;  // newest first

// Solves Σ_j r_j^(i)·x_j = b_i for i, j < count by elimination. The r are distinct.
Vector solve_vandermonde(const Vector& r, const Vector& b, int count) {
  std::array<std::array<double, kOrderMax + 1>, kOrderMax> rows{};
  const auto size = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) rows[i][j] = std::pow(r[j], static_cast<double>(i));
    rows[i][size] = b[i];
  }
  for (std::size_t pivot = 0; pivot < size; ++pivot) {
    for (std::size_t i = pivot + 1; i < size; ++i) {
      const double factor = rows[i][pivot] / rows[pivot][pivot];
      for (std::size_t j = pivot; j <= size; ++j) rows[i][j] -= factor * rows[pivot][j];
    }
  }
  Vector x{};
  for (std::size_t i = size; i-- > 0;) {
    double sum = rows[i][size];
    for (std::size_t j = i + 1; j < size; ++j) sum -= rows[i][j] * x[j];
    x[i] = sum / rows[i][i];
  }
  return x;
}

// One step of the method: from `x` at history[0] to `to`.
class UniStep {
 public:
  UniStep(const History& history, SigmaStep step, const SolverOptions& options, Divisor divisor)
      : history_(history), step_(step), alpha_(alpha_of(step.to, options.space)) {
    h_ = finite_lambda_of(step.to, options.space) - history[0].lambda;
    divisor_ = divisor == Divisor::kBh1 ? -h_ : std::expm1(-h_);
    double phi = std::expm1(-h_) / -h_ - 1, factorial = 1;
    for (int i = 0; i < kOrderMax; ++i) {
      b_[static_cast<std::size_t>(i)] = phi * factorial / divisor_;
      factorial *= i + 2;
      phi = phi / -h_ - 1 / factorial;
    }
    for (std::size_t k = 1; k < history.size() && k < kOrderMax; ++k) {
      r_[k - 1] = (history[k].lambda - history[0].lambda) / h_;
    }
  }

  Tensor64 predicted(const Tensor64& x, int order) const {
    Vector weights{};
    if (order == 2) weights[0] = 0.5;
    if (order > 2) weights = solve_vandermonde(r_, b_, order - 1);
    return combined(x, weights, order, 0, nullptr);
  }
  Tensor64 corrected(const Tensor64& x, int order, const Tensor64& there) const {
    Vector weights{0.5};
    if (order > 1) {
      Vector r = r_;
      r[static_cast<std::size_t>(order - 1)] = 1;
      weights = solve_vandermonde(r, b_, order);
    }
    return combined(x, weights, order, weights[static_cast<std::size_t>(order - 1)], &there);
  }

 private:
  // (σ_t/σ_s)·x − α·expm1(−h)·m0 − α·B·(Σ_k weight_k·(m_k − m0)/r_k + of_there·(there − m0)).
  Tensor64 combined(const Tensor64& x, const Vector& weights, int order, double of_there,
                    const Tensor64* there) const {
    // The last step to sigma 0 is infinitely long; of order 1, it needs no more than the estimate.
    const double scale = order > 1 || there != nullptr ? -alpha_ * divisor_ : 0;
    double of_m0 = -alpha_ * std::expm1(-h_) - scale * of_there;
    std::array<Term, kOrderMax - 1> earlier{};
    for (int k = 1; k < order; ++k) {
      const auto at = static_cast<std::size_t>(k - 1);
      const double weight = scale * weights[at] / r_[at];
      earlier[at] = {weight, &history_[at + 1].denoised};
      of_m0 -= weight;
    }
    return weighted_sum({{step_.to / step_.from, &x},
                         {of_m0, &history_[0].denoised},
                         earlier[0],
                         earlier[1],
                         {scale * of_there, there}});
  }

  const History& history_;
  SigmaStep step_;
  double alpha_, h_ = 0, divisor_ = 0;
  Vector b_{}, r_{};
};

Result<Tensor64> solve_unipc(Solve& solve, Divisor divisor, int order_default) {
  const SolverOptions& options = solve.options;
  const int wanted = options.order == 0 ? order_default : options.order;
  const bool lowered = options.lower_order_final.value_or(true);
  const int steps = step_count(solve);
  History history;
  Tensor64 start;  // x at the step before, corrected
  int order = 0;
  for (int i = 0; i < steps; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const SigmaStep step{solve.sigmas[at], solve.sigmas[at + 1]};
    TRY(Tensor64 denoised, first_estimate(solve, i, step.from));
    if (i > 0) {
      const UniStep last(history, {solve.sigmas[at - 1], step.from}, options, divisor);
      solve.x = last.corrected(start, order, denoised);
    }
    history.push_front({finite_lambda_of(step.from, options.space), std::move(denoised)});
    if (history.size() > kOrderMax) history.pop_back();
    order = std::min({wanted, kOrderMax, static_cast<int>(history.size())});
    if (lowered) order = std::min(order, steps - i);
    if (step.to == 0) order = 1;
    start = std::move(solve.x);
    solve.x = UniStep(history, step, options, divisor).predicted(start, order);
  }
  return std::move(solve.x);
}

}  // namespace

Result<Tensor64> solve_unipc_bh1(Solve& solve) { return solve_unipc(solve, Divisor::kBh1, 3); }
Result<Tensor64> solve_unipc_bh2(Solve& solve) { return solve_unipc(solve, Divisor::kBh2, 2); }

}  // namespace diptych
