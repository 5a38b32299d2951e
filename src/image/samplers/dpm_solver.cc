// DPM-Solver (Lu et al. 2022), single-step, of order 1 to 3 in the logarithm of sigma: a fixed
// number of evaluations (golden: k-diffusion sample_dpm_fast), or steps chosen by an embedded error
// estimate (sample_dpm_adaptive). Both go to the smallest sigma above 0 of the schedule.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

constexpr auto kSpace = SigmaSpace::kVarianceExploding;

// One step from solve.x along t = −ln σ; the noise estimates of its stages are made once.
class Stages {
 public:
  Stages(Solve& solve, double from, double to) : solve_(solve), from_(from), h_(to - from) {}

  Status start(StepPlace place) {
    TRY(const Tensor64 denoised, first_estimate(solve_, place, sigma_at(0)));
    first_ = slope(solve_.x, denoised, sigma_at(0));
    return {};
  }
  Tensor64 order1() const { return weighted_sum({{1, &solve_.x}, {-growth(1), &first_}}); }
  Result<Tensor64> order2(double r) {
    TRY_STATUS(evaluate_second(r));
    const double change = growth(1) / (2 * r);
    return weighted_sum({{1, &solve_.x}, {change - growth(1), &first_}, {-change, &second_}});
  }
  Result<Tensor64> order3() {
    constexpr double kR1 = 1.0 / 3, kR2 = 2.0 / 3;
    TRY_STATUS(evaluate_second(kR1));
    const double inner = kR2 / kR1 * bend(kR2);
    const Tensor64 at_r2 =
        weighted_sum({{1, &solve_.x}, {inner - growth(kR2), &first_}, {-inner, &second_}});
    TRY(const Tensor64 third, noise_estimate(at_r2, kR2));
    const double outer = bend(1) / kR2;
    return weighted_sum({{1, &solve_.x}, {outer - growth(1), &first_}, {-outer, &third}});
  }

 private:
  double sigma_at(double share) const { return std::exp(-(from_ + share * h_)); }
  double growth(double share) const { return sigma_at(share) * std::expm1(share * h_); }
  double bend(double share) const {
    return sigma_at(share) * (std::expm1(share * h_) / (share * h_) - 1);
  }
  Result<Tensor64> noise_estimate(const Tensor64& x, double share) {
    TRY(const Tensor64 denoised, solve_.denoise(x, sigma_at(share)));
    return slope(x, denoised, sigma_at(share));
  }
  Status evaluate_second(double r) {
    if (second_.size() > 0) return {};  // the embedded method has made it
    const Tensor64 at_r = weighted_sum({{1, &solve_.x}, {-growth(r), &first_}});
    TRY(second_, noise_estimate(at_r, r));
    return {};
  }

  Solve& solve_;
  double from_, h_;
  Tensor64 first_, second_;
};

struct Ends {
  double first, last;  // −ln σ
};
Ends ends_of(const Solve& solve) {
  const double last =
      solve.sigmas.back() > 0 ? solve.sigmas.back() : solve.sigmas[solve.sigmas.size() - 2];
  return {-std::log(solve.sigmas.front()), -std::log(last)};
}

// Where the deterministic part of an ancestral step ends, and the noise that follows.
struct NoisyStep {
  double to, deviation;
};
NoisyStep noisy_step(double from, double to, double end, double eta) {
  if (eta == 0) return {to, 0};
  const double sigma = std::exp(-to);
  const AncestralSplit split = ancestral_split({std::exp(-from), sigma}, eta, kSpace);
  const double down = std::min(end, split.down > 0 ? -std::log(split.down) : end);
  return {down, std::sqrt(std::max(sigma * sigma - std::exp(-2 * down), 0.0))};
}

// Orders that together make `evaluations`: 3, 3, …, then what is left.
std::vector<int> fast_orders(int evaluations) {
  const int left = evaluations % 3;
  std::vector<int> orders(static_cast<std::size_t>(evaluations / 3 + (left == 0 ? -1 : 0)), 3);
  if (left == 0) {
    orders.insert(orders.end(), {2, 1});
  } else {
    orders.push_back(left);
  }
  return orders;
}

double scaled_error(const Tensor64& low, const Tensor64& high, const Tensor64& previous) {
  constexpr double kAbsolute = 0.0078, kRelative = 0.05;
  double sum = 0;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const double size = std::max(std::abs(low[i]), std::abs(previous[i]));
    const double error = (low[i] - high[i]) / std::max(kAbsolute, kRelative * size);
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(low.size()));
}

}  // namespace

Result<Tensor64> solve_dpm_fast(Solve& solve) {
  const Ends ends = ends_of(solve);
  const double eta = solve.options.eta.value_or(1);
  const std::vector<int> orders = fast_orders(step_count(solve));
  const int count = static_cast<int>(orders.size());
  for (int i = 0; i < count; ++i) {
    const double from = std::lerp(ends.first, ends.last, static_cast<double>(i) / count);
    const double to = std::lerp(ends.first, ends.last, static_cast<double>(i + 1) / count);
    const NoisyStep step = noisy_step(from, to, ends.last, eta);
    Stages stages(solve, from, step.to);
    TRY_STATUS(stages.start({i, count}));
    const int order = orders[static_cast<std::size_t>(i)];
    TRY(Tensor64 reached, order == 1   ? Result<Tensor64>(stages.order1())
                          : order == 2 ? stages.order2(0.5)
                                       : stages.order3());
    solve.x = std::move(reached);
    if (step.deviation > 0) {
      add_noise(solve.x, solve.noise.draw(solve.x.shape), step.deviation * solve.options.s_noise);
    }
  }
  return std::move(solve.x);
}

Result<Tensor64> solve_dpm_adaptive(Solve& solve) {
  constexpr double kFirstStep = 0.05, kAccepted = 0.81, kTiny = 1e-8, kEndTolerance = 1e-5;
  constexpr int kStepsMax = 10000;
  const Ends ends = ends_of(solve);
  const double eta = solve.options.eta.value_or(1);
  const double exponent = 1 / (eta > 0 ? 1.5 : 3.0);  // of an integral controller
  Tensor64 previous = solve.x;
  double at = ends.first, h = kFirstStep;
  for (int tries = 0; at < ends.last - kEndTolerance; ++tries) {
    if (tries == kStepsMax) return fail(ErrorCode::kInternal, "DPM adaptive does not converge");
    const double to = std::min(ends.last, at + h);
    const NoisyStep step = noisy_step(at, to, ends.last, eta);
    Stages stages(solve, at, step.to);
    // How many steps there will be is not known: at least as many as this step's length suggests.
    const int left = static_cast<int>(std::ceil((ends.last - at) / h));
    TRY_STATUS(stages.start({tries, tries + std::max(left, 1)}));
    TRY(Tensor64 low, stages.order2(1.0 / 3));
    TRY(Tensor64 high, stages.order3());
    const double factor = std::pow(1 / (scaled_error(low, high, previous) + kTiny), exponent);
    const double limited = 1 + std::atan(factor - 1);
    h *= limited;
    if (limited < kAccepted) continue;
    previous = std::move(low);
    solve.x = std::move(high);
    at = to;
    if (step.deviation > 0) {
      add_noise(solve.x, solve.noise.draw(solve.x.shape), step.deviation * solve.options.s_noise);
    }
  }
  return std::move(solve.x);
}

}  // namespace diptych
