#include "image/samplers/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "image/samplers/labels.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"
#include "image/samplers/solver_step.h"

namespace diptych {
namespace {

constexpr std::string_view kAutomatic = "Automatic";
constexpr std::string_view kUsualSampler = "Euler";

bool is_automatic(std::string_view label) { return label.empty() || same_label(label, kAutomatic); }

Result<const ScheduleRow*> schedule_for(const SamplerChoice& choice, const NamedSampler& named,
                                        const NoiseSchedule& schedule) {
  if (!is_automatic(choice.schedule)) return get_schedule(choice.schedule);
  if (named.schedule != nullptr) return named.schedule;
  return get_schedule(schedule.space() == SigmaSpace::kFlow ? "Flow" : named.solver->schedule);
}

// A solver that keeps to the variance-preserving form between whole timesteps ends at the model's
// smallest sigma, as Stable Diffusion's own configurations say, unless the schedule has been there.
void end_at_sigma_min(std::vector<double>& sigmas, const NoiseSchedule& schedule) {
  constexpr double kSame = 1 + 1e-6;
  const double last = sigmas[sigmas.size() - 2];
  if (sigmas.back() == 0 && last > schedule.sigma_min() * kSame) {
    sigmas.back() = schedule.sigma_min();
  }
}

Result<std::vector<double>> sigmas_for(const SamplerChoice& choice, const SolverRow& solver,
                                       const ScheduleRow& row, const NoiseSchedule& schedule,
                                       int steps) {
  ScheduleOptions options = choice.schedule_options;
  if (schedule.space() == SigmaSpace::kFlow && options.shift == 1) options.shift = schedule.shift();
  const bool discards = solver.discards_next_to_last || choice.discard_next_to_last;
  TRY(std::vector<double> sigmas, sigmas_of(row, schedule, steps + (discards ? 1 : 0), options));
  if (discards && sigmas.size() > 2) sigmas.erase(sigmas.end() - 2);
  if (solver.traits.ends_at_sigma_min) end_at_sigma_min(sigmas, schedule);
  return sigmas;
}

void warn_of_unused(SamplingPlan& plan) {
  const bool uses_eta = plan.solver->stochastic || plan.solver->name == "DDIM";
  if (plan.options.eta && !uses_eta) {
    plan.warnings.push_back(
        {"eta", fmt::format("{} draws no noise: eta has no meaning", plan.solver->name)});
  }
}

Result<SamplingPlan> plan_of_labels(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                    int steps) {
  const std::string_view label = choice.sampler.empty() ? kUsualSampler : choice.sampler;
  TRY(const NamedSampler named, get_sampler(label));
  TRY(const ScheduleRow* row, schedule_for(choice, named, schedule));
  const bool flow = schedule.space() == SigmaSpace::kFlow;
  if (flow && !named.solver->flow) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("sampler '{}' does not work on flow models", named.solver->name),
                "sampler_name");
  }
  SamplingPlan plan{.solver = named.solver, .schedule = std::string(row->name)};
  TRY(plan.sigmas, sigmas_for(choice, *named.solver, *row, schedule, steps));
  plan.options = choice.options;
  plan.options.space = schedule.space();
  plan.options.schedule = flow ? nullptr : &schedule;
  plan.brownian = named.solver->traits.brownian;
  const bool preserving = named.solver->traits.variance_preserving;
  const double first = plan.sigmas.front(), last = plan.sigmas.back();
  plan.initial_scale = preserving ? std::hypot(first, 1.0) : first;
  plan.final_scale = preserving ? 1 / std::hypot(last, 1.0) : 1;
  plan.sigma_max = first;
  plan.sigma_min = last > 0 ? last : plan.sigmas[plan.sigmas.size() - 2];
  return plan;
}

// The sampler of the model's own configuration, with what the caller set on top.
Result<SamplingPlan> plan_of_model(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                   int steps) {
  TRY(SamplingPlan plan, plan_of_scheduler(*choice.model_scheduler, schedule, steps,
                                           choice.schedule_options.image_tokens));
  plan.options.eta = choice.options.eta;
  plan.options.s_churn = choice.options.s_churn;
  plan.options.s_tmin = choice.options.s_tmin;
  plan.options.s_tmax = choice.options.s_tmax;
  plan.options.s_noise = choice.options.s_noise;
  return plan;
}

constexpr double kA1111Most = 0.999;

// Of which a strength leaves some out.
int planned_steps(const RunLength& length) {
  constexpr double kLeast = 0.001;  // a schedule of a thousand times as many steps
  const double strength = length.strength.value_or(0);
  if (length.rule != StrengthRule::kAllSteps || !(strength > 0)) return length.steps;
  return static_cast<int>(length.steps / std::clamp(strength, kLeast, kA1111Most));
}

Result<int> steps_left_out(const RunLength& length, StrengthRule rule, int steps,
                           const SolverRow& solver) {
  const double strength = *length.strength;
  if (!(strength >= 0 && strength <= 1)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("denoising strength {}: must be 0 to 1", strength),
                "denoising_strength");
  }
  if (rule == StrengthRule::kAllSteps && strength > 0) return std::max(0, steps - length.steps);
  if (rule != StrengthRule::kDiffusers) {
    return steps - 1 - static_cast<int>(std::min(strength, kA1111Most) * steps);
  }
  int left_out = steps - std::min(static_cast<int>(strength * steps), steps);
  if (left_out == steps) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("denoising strength {} of {} steps leaves none", strength, steps),
                "denoising_strength");
  }
  // PNDM's list of evaluations has its second timestep twice: the run starts one step earlier.
  if (solver.name == "PLMS" && left_out > 0) --left_out;
  return left_out;
}

void leave_out(SamplingPlan& plan, int steps) {
  plan.first_step = steps;
  plan.sigmas.erase(plan.sigmas.begin(), plan.sigmas.begin() + steps);
  auto& landings = plan.options.landings;
  if (!landings.empty()) landings.erase(landings.begin(), landings.begin() + steps);
}

}  // namespace

double SamplingPlan::timestep_of(double sigma, const NoiseSchedule& of_model) const {
  for (const Told& at : told) {
    if (at.sigma == sigma) return at.timestep;
  }
  return of_model.timestep_of(sigma);
}

Tensor64 SamplingPlan::noised(const Tensor64& picture, const Tensor64& noise) const {
  const double sigma = sigmas.front();
  return weighted_sum({{alpha_of(sigma, options.space), &picture}, {sigma, &noise}});
}

Result<SamplingPlan> plan_sampling(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                   const RunLength& length) {
  const bool own =
      choice.sampler.empty() && is_automatic(choice.schedule) && choice.model_scheduler.has_value();
  TRY(SamplingPlan plan, own ? plan_of_model(choice, schedule, planned_steps(length))
                             : plan_of_labels(choice, schedule, planned_steps(length)));
  warn_of_unused(plan);
  if (length.strength) {
    const StrengthRule usual = own ? StrengthRule::kDiffusers : StrengthRule::kA1111;
    const int steps = static_cast<int>(plan.sigmas.size()) - 1;
    TRY(const int left_out,
        steps_left_out(length, length.rule.value_or(usual), steps, *plan.solver));
    leave_out(plan, left_out);
  }
  return plan;
}

}  // namespace diptych
