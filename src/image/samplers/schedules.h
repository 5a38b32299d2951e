#pragma once
// The sigma schedules, one function each. Called through sigmas_of() (schedule_registry.h), which
// checks steps and options first.

#include <vector>

#include "base/error.h"
#include "image/diffusion/noise_schedule.h"
#include "image/samplers/sampler.h"

namespace diptych {

using Sigmas = Result<std::vector<double>>;

// Equally spaced timesteps, to the first of them or short of it.
Sigmas uniform_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas sgm_uniform_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
// Picked from the table of sigmas.
Sigmas simple_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas ddim_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas beta_table_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
// Whole timesteps as diffusers spaces them; LCM's are every k-th of fifty.
Sigmas leading_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas linspace_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas trailing_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas lcm_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
// Formulas between the largest and the smallest sigma.
Sigmas karras_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas exponential_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas polyexponential_sigmas(const NoiseSchedule& schedule, int steps,
                              const ScheduleOptions& options);
Sigmas beta_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas kl_optimal_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
// Align Your Steps (Sabour et al. 2024): published tables.
Sigmas ays_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas ays_comfy_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas ays_timestep_sigmas(const NoiseSchedule& schedule, int steps,
                           const ScheduleOptions& options);
// Rectified flows.
Sigmas flow_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options);
Sigmas flow_diffusers_sigmas(const NoiseSchedule& schedule, int steps,
                             const ScheduleOptions& options);
Sigmas flow_dynamic_sigmas(const NoiseSchedule& schedule, int steps,
                           const ScheduleOptions& options);

// n values from `first` to `last`, both included; one value is `first`.
std::vector<double> linear_spacing(double first, double last, int count);
// Karras et al. 2022, equation 5, without the 0 at the end.
struct SigmaRange {
  double min, max;
};
std::vector<double> karras_spacing(const SigmaRange& range, int count, double rho = 7);
std::vector<double> exponential_spacing(const SigmaRange& range, int count);
std::vector<double> beta_spacing(const SigmaRange& range, int count);  // Lee et al. 2024

// Whole timesteps, descending. kLeading adds `offset`.
enum class Spacing { kLeading, kLinspace, kTrailing };
struct SpacingOptions {
  Spacing spacing = Spacing::kLeading;
  int timestep_count = 1000;
  int offset = 0;
  // Multistep DPM solvers space one timestep more and leave the last out, except when trailing.
  bool extra_point = false;
  bool rounded = true;  // kLinspace: to whole timesteps
};
std::vector<double> spaced_timesteps(const SpacingOptions& options, int count);
// Every k-th timestep of a distilled model's own `original_steps`.
Result<std::vector<double>> distilled_timesteps(int timestep_count, int original_steps, int count);

}  // namespace diptych
