#include "image/samplers/plan.h"

#include <cmath>

#include "image/samplers/schedule_registry.h"

namespace diptych {
namespace {
Result<Tensor64> euler(Solve& solve) {
  Tensor64 x = std::move(solve.x);
  const int count = static_cast<int>(solve.sigmas.size()) - 1;
  for (int i = 0; i < count; ++i) {
    const double from = solve.sigmas[static_cast<std::size_t>(i)];
    const double to = solve.sigmas[static_cast<std::size_t>(i) + 1];
    TRY(const Tensor64 d, solve.denoise(x, from));
    TRY_STATUS(solve.observer.step({i, count, from, x, d}));
    for (std::size_t k = 0; k < x.size(); ++k) x[k] += (x[k] - d[k]) / from * (to - from);
  }
  return x;
}
Result<Tensor64> dpmpp_2m(Solve& solve) {
  Tensor64 x = std::move(solve.x), old;
  const int count = static_cast<int>(solve.sigmas.size()) - 1;
  double h_last = 0;
  for (int i = 0; i < count; ++i) {
    const double from = solve.sigmas[static_cast<std::size_t>(i)];
    const double to = solve.sigmas[static_cast<std::size_t>(i) + 1];
    TRY(Tensor64 d, solve.denoise(x, from));
    TRY_STATUS(solve.observer.step({i, count, from, x, d}));
    const double h = to > 0 ? std::log(from / to) : 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      double e = d[k];
      if (i > 0 && to > 0) {
        const double r = h_last / h;
        e = (1 + 1 / (2 * r)) * d[k] - old[k] / (2 * r);
      }
      x[k] = to > 0 ? to / from * x[k] - std::expm1(-h) * e : d[k];
    }
    h_last = h;
    old = std::move(d);
  }
  return x;
}
const SolverRow kEuler{"Euler", {}, euler, 1, false, "Uniform", false, true, ""};
const SolverRow kDpm{"DPM++ 2M", {}, dpmpp_2m, 1, false, "Karras", false, false, ""};
}  // namespace

Tensor64 SamplingPlan::noised(const Tensor64& x0, const Tensor64& noise) const {
  Tensor64 x = x0;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += noise[i] * sigmas.front();
  return x;
}
Result<SamplingPlan> plan_sampling(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                   const PlanOptions& options) {
  SamplingPlan plan;
  plan.solver = choice.sampler == "Euler" ? &kEuler : &kDpm;
  TRY(const ScheduleRow* row,
      get_schedule(choice.schedule.empty() ? "SGM Uniform" : choice.schedule));
  TRY(plan.sigmas, sigmas_of(*row, schedule, options.steps, {}));
  if (options.strength) {
    plan.first_step =
        options.steps - static_cast<int>(std::min(*options.strength, 0.999) * options.steps) - 1;
    plan.sigmas.erase(plan.sigmas.begin(), plan.sigmas.begin() + plan.first_step);
  }
  plan.initial_scale = plan.sigmas.front();
  plan.sampler_label = plan.solver->name;
  plan.schedule_label = row->name;
  return plan;
}
Result<NoiseSchedule> read_noise_schedule(const Json&) { return NoiseSchedule::from_betas({}); }

}  // namespace diptych
