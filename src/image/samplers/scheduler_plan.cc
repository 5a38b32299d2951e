// Plans that reproduce diffusers' schedulers (0.42).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "image/samplers/plan.h"
#include "image/samplers/solver_registry.h"

namespace diptych {
namespace {

constexpr int kStepsForLowerOrder = 15;  // below, the last steps are of lower order

enum class Rounding { kNone, kNearest, kDown };

double rounded(double timestep, Rounding rounding) {
  if (rounding == Rounding::kNearest) return std::nearbyint(timestep);
  return rounding == Rounding::kDown ? std::floor(timestep) : timestep;
}

// Karras, exponential or beta sigmas in place of those of the timesteps.
std::vector<double> converted(SigmaConversion conversion, const SigmaRange& range, int steps) {
  switch (conversion) {
    case SigmaConversion::kKarras:
      return karras_spacing(range, steps);
    case SigmaConversion::kExponential:
      return exponential_spacing(range, steps);
    case SigmaConversion::kBeta:
      return beta_spacing(range, steps);
    case SigmaConversion::kNone:
      break;
  }
  return {};
}

Rounding rounding_of(const SchedulerConfig& config) {
  const bool karras = config.conversion == SigmaConversion::kKarras;
  const bool dpm2 = config.row->solver == "DPM2" || config.row->solver == "DPM2 a";
  if (config.row->kind == SchedulerKind::kSigma) {
    return karras && dpm2 ? Rounding::kNearest : Rounding::kNone;
  }
  return karras ? Rounding::kNearest : Rounding::kDown;
}

Result<std::vector<double>> timesteps_of(const SchedulerConfig& config,
                                         const NoiseSchedule& schedule, int steps) {
  if (config.row->kind == SchedulerKind::kDistilled) {
    return distilled_timesteps(schedule.timestep_count(), config.original_steps, steps);
  }
  const bool single = config.row->solver == "DPM++ 2S";  // knows one spacing only
  return spaced_timesteps({.spacing = single ? Spacing::kLinspace : config.spacing,
                           .timestep_count = schedule.timestep_count(),
                           .offset = config.steps_offset,
                           .extra_point = config.row->kind == SchedulerKind::kMultistep,
                           .rounded = config.row->kind != SchedulerKind::kSigma},
                          steps);
}

// Sigmas and what the network is told at each.
Status fill_steps(SamplingPlan& plan, const SchedulerConfig& config, const NoiseSchedule& schedule,
                  int steps) {
  TRY(const std::vector<double> timesteps, timesteps_of(config, schedule, steps));
  for (const double t : timesteps) {
    if (t < 0 || t > schedule.timestep_count() - 1) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} steps: the schedule asks for timestep {} of {}", steps, t,
                              schedule.timestep_count()),
                  "steps");
    }
    plan.told.push_back({schedule.linear_sigma_at(t), t});
  }
  if (config.conversion != SigmaConversion::kNone) {
    const bool of_steps = config.row->kind == SchedulerKind::kSigma;
    const SigmaRange range{
        config.sigma_min.value_or(of_steps ? plan.told.back().sigma : schedule.sigma_min()),
        config.sigma_max.value_or(of_steps ? plan.told.front().sigma : schedule.sigma_max())};
    plan.told.clear();
    for (const double sigma : converted(config.conversion, range, steps)) {
      plan.told.push_back({sigma, rounded(schedule.timestep_of(sigma), rounding_of(config))});
    }
  }
  for (const SamplingPlan::Told& told : plan.told) plan.sigmas.push_back(told.sigma);
  plan.sigmas.push_back(config.ends_at_sigma_min ? schedule.sigma_min() : 0);
  return {};
}

// DDIM goes back by a whole ratio of timesteps, wherever the next evaluation is.
std::vector<double> landings_of(const SamplingPlan& plan, const NoiseSchedule& schedule,
                                int steps) {
  const int ratio = schedule.timestep_count() / steps;
  std::vector<double> landings;
  for (const SamplingPlan::Told& told : plan.told) {
    const double t = told.timestep - ratio;
    landings.push_back(t >= 0 ? schedule.sigma_at(t) : plan.sigmas.back());
  }
  return landings;
}

Result<const SolverRow*> solver_of(const SchedulerConfig& config) {
  const auto unsupported = [&](std::string_view field, std::string_view value) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("scheduler_config.json: {} '{}' of {} with solver_order {} is not "
                            "supported",
                            field, value, config.row->class_name, config.solver_order),
                std::string(field));
  };
  const std::string_view usual = config.row->solver;
  if (config.solver_order < 1 || config.solver_order > 3) return unsupported("solver_order", "");
  const bool heun = config.solver_type == "heun";
  if (usual == "UniPC BH2") return find_solver(config.solver_type == "bh1" ? "UniPC" : usual);
  if (usual == "DPM++ 2S" && (config.solver_order != 2 || heun)) {
    return unsupported("solver_type", config.solver_type);
  }
  const bool plain =
      config.algorithm.empty() || config.algorithm == "dpmsolver++" || config.algorithm == "deis";
  if (usual != "DPM++ 2M") {
    if (!plain) return unsupported("algorithm_type", config.algorithm);
    return find_solver(usual);
  }
  if (plain) {
    if (heun && config.solver_order == 2) return unsupported("solver_type", config.solver_type);
    return find_solver(usual);
  }
  if (config.algorithm != "sde-dpmsolver++" || config.solver_order != 2) {
    return unsupported("algorithm_type", config.algorithm);
  }
  return find_solver(heun ? "DPM++ 2M SDE Heun" : "DPM++ 2M SDE");
}

void fill_options(SamplingPlan& plan, const SchedulerConfig& config, const NoiseSchedule& schedule,
                  int steps) {
  SolverOptions& options = plan.options;
  options.clip = config.clip;
  options.schedule = &schedule;
  if (config.row->kind == SchedulerKind::kMultistep) {
    options.order = config.solver_order;
    const bool few = config.row->solver == "UniPC BH2" || config.row->solver == "DPM++ 2S" ||
                     steps < kStepsForLowerOrder;
    options.lower_order_final = config.euler_at_final || (config.lower_order_final && few);
    if (config.row->solver == "DPM++ 2S" && steps % 2 == 1) options.lower_order_final = true;
  }
  if (plan.solver->name == "DDIM") options.landings = landings_of(plan, schedule, steps);
  if (plan.solver->name == "PLMS" && config.prediction == Prediction::kV) {
    plan.warnings.push_back({"sampler_name",
                             "PNDMScheduler averages velocities of a v-prediction model; PLMS "
                             "averages noise"});
  }
}

SamplingPlan flow_plan(const SchedulerConfig& config) {
  SamplingPlan plan;
  plan.solver = find_solver(config.row->solver);
  plan.options.space = SigmaSpace::kFlow;
  plan.schedule = config.dynamic_shift ? "Flow dynamic" : "Flow (diffusers)";
  return plan;
}

std::string_view schedule_label(const SchedulerConfig& config) {
  switch (config.conversion) {
    case SigmaConversion::kKarras:
      return "Karras";
    case SigmaConversion::kExponential:
      return "Exponential";
    case SigmaConversion::kBeta:
      return "Beta";
    case SigmaConversion::kNone:
      break;
  }
  if (config.row->kind == SchedulerKind::kDistilled) return "LCM";
  if (config.spacing == Spacing::kLeading) return "Leading";
  return config.spacing == Spacing::kTrailing ? "Trailing" : "Linspace";
}

}  // namespace

Result<SamplingPlan> plan_of_scheduler(const SchedulerConfig& config, const NoiseSchedule& schedule,
                                       int steps, int image_tokens) {
  if (steps < 1 || steps > schedule.timestep_count()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps: must be 1 to {}", steps, schedule.timestep_count()),
                "steps");
  }
  SamplingPlan plan;
  if (config.row->kind == SchedulerKind::kFlow) {
    plan = flow_plan(config);
    const auto formula = config.dynamic_shift ? flow_dynamic_sigmas : flow_diffusers_sigmas;
    TRY(plan.sigmas,
        formula(schedule, steps, {.shift = config.shift, .image_tokens = image_tokens}));
  } else {
    TRY(plan.solver, solver_of(config));
    plan.schedule = schedule_label(config);
    TRY_STATUS(fill_steps(plan, config, schedule, steps));
    fill_options(plan, config, schedule, steps);
    const double first = plan.sigmas.front();
    const bool exploding = config.row->kind == SchedulerKind::kSigma;
    plan.initial_scale =
        exploding && config.spacing != Spacing::kLeading ? first : std::hypot(first, 1.0);
    plan.final_scale = exploding ? 1 : 1 / std::hypot(plan.sigmas.back(), 1.0);
  }
  plan.sigma_max = plan.sigmas.front();
  plan.sigma_min =
      plan.sigmas.back() > 0 ? plan.sigmas.back() : plan.sigmas[plan.sigmas.size() - 2];
  return plan;
}

}  // namespace diptych
