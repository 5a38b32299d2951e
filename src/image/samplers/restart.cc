// Restart sampling (Xu et al. 2023): Heun's method that goes back up to sigma 2 with fresh noise
// when it reaches 0.1, once or twice. Steps and sigmas as A1111 chooses them.

#include <algorithm>
#include <cmath>
#include <vector>

#include "image/samplers/schedules.h"
#include "image/samplers/solver_step.h"
#include "image/samplers/solvers.h"

namespace diptych {
namespace {

constexpr double kRestartAt = 0.1, kRestartTo = 2;
constexpr int kStepsForRestart = 20, kStepsForTwo = 36;

struct Repeats {
  int steps = 0, times = 0;
};
Repeats repeats_for(int steps) {
  if (steps >= kStepsForTwo) return {steps / 4, 2};
  if (steps >= kStepsForRestart) return {9, 1};
  return {};
}

std::size_t nearest(const std::vector<double>& sigmas, double wanted) {
  const auto far = [wanted](double sigma) { return std::abs(sigma - wanted); };
  return static_cast<std::size_t>(std::ranges::min_element(sigmas, {}, far) - sigmas.begin());
}

std::vector<SigmaStep> plan_steps(std::span<const double> given) {
  std::vector<double> sigmas(given.begin(), given.end());
  const int steps = static_cast<int>(given.size()) - 1;
  const Repeats repeats = repeats_for(steps);
  if (repeats.times > 0) {
    sigmas = karras_spacing({given[given.size() - 2], given.front()},
                            steps - repeats.steps * repeats.times);
    sigmas.push_back(0);
  }
  const std::size_t low = nearest(sigmas, kRestartAt), high = nearest(sigmas, kRestartTo);
  std::vector<SigmaStep> plan;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    plan.push_back({sigmas[i], sigmas[i + 1]});
    if (repeats.times == 0 || i + 1 != low || high >= low) continue;
    const std::vector<double> again =
        karras_spacing({sigmas[low], sigmas[high]}, repeats.steps + 1);
    for (int time = 0; time < repeats.times; ++time) {
      for (std::size_t j = 0; j + 1 < again.size(); ++j) plan.push_back({again[j], again[j + 1]});
    }
  }
  return plan;
}

}  // namespace

Result<Tensor64> solve_restart(Solve& solve) {
  const std::vector<SigmaStep> plan = plan_steps(solve.sigmas);
  double reached = plan.front().from;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const double from = plan[i].from;
    if (reached < from) {
      add_noise(solve.x, solve.noise.draw(solve.x.shape),
                solve.options.s_noise * std::sqrt(from * from - reached * reached));
    }
    const StepPlace place{static_cast<int>(i), static_cast<int>(plan.size())};
    TRY(solve.x, heun_step(solve, place, plan[i]));
    reached = plan[i].to;
  }
  return std::move(solve.x);
}

}  // namespace diptych
