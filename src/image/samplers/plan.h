#pragma once
// From what was asked for to what a solver runs on: the solver, its sigmas and options, how the
// first x is made, and what the network is told at each sigma.

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/diffusion/noise_schedule.h"
#include "image/samplers/sampler.h"
#include "image/samplers/scheduler_config.h"

namespace diptych {

struct SamplerChoice {
  std::string sampler;   // a label, also a combined one; empty: the model's own scheduler
  std::string schedule;  // a label; empty or "Automatic": the sampler's own
  SolverOptions options;
  ScheduleOptions schedule_options;
  bool discard_next_to_last = false;               // for solvers that do not by themselves
  std::optional<SchedulerConfig> model_scheduler;  // for an empty sampler; none: Euler
};

// Where a run from a picture starts, of n steps: A1111 runs int(min(strength, 0.999)·n) + 1 of
// them, diffusers min(int(strength·n), n). A1111's second pass runs all n: the last ones of
// int(n / min(strength, 0.999)).
enum class StrengthRule { kA1111, kDiffusers, kAllSteps };

struct RunLength {
  int steps = 20;
  std::optional<double> strength = {};  // 0 to 1: how far from the picture; none: from noise
  std::optional<StrengthRule> rule =
      {};  // none: diffusers' for the model's own scheduler, else A1111's
};

struct SamplingPlan {
  const SolverRow* solver = nullptr;
  std::string schedule;        // its label
  std::vector<double> sigmas;  // from where the run starts
  SolverOptions options;
  double initial_scale = 1;  // from noise: x = noise·initial_scale
  double final_scale = 1;    // the picture's latents are the solver's result · final_scale
  bool brownian = false;     // noise along paths over sigma_min to sigma_max
  double sigma_min = 0, sigma_max = 0;  // above 0, of the whole schedule
  int first_step = 0;                   // steps that were left out
  Warnings warnings;

  // What the network is told at `sigma`: the schedule's own timestep there, else the model's.
  double timestep_of(double sigma, const NoiseSchedule& schedule) const;
  // The picture with the noise of the first sigma: where a run with a strength starts.
  Tensor64 noised(const Tensor64& picture, const Tensor64& noise) const;

  struct Told {
    double sigma, timestep;
  };
  std::vector<Told> told;
};

// The noise schedule must outlive the plan. Errors name the field: an unknown sampler or schedule,
// steps, strength, what a flow model cannot do.
Result<SamplingPlan> plan_sampling(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                   const RunLength& length);

// What diffusers does with this configuration, from noise.
Result<SamplingPlan> plan_of_scheduler(const SchedulerConfig& config, const NoiseSchedule& schedule,
                                       int steps, int image_tokens = 0);

}  // namespace diptych
