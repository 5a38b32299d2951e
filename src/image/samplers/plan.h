#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "image/diffusion/noise_schedule.h"
#include "image/samplers/sampler.h"

namespace diptych {

struct SamplerChoice {
  std::string sampler, schedule;
  Json scheduler_config;
  std::optional<double> eta;
};
struct PlanOptions {
  int steps = 20;
  std::optional<double> strength;
};
struct SamplingPlan {
  const SolverRow* solver = nullptr;
  std::vector<double> sigmas;
  double initial_scale = 1;
  double sigma_min = 0.03, sigma_max = 14.6;
  int first_step = 0;
  SolverOptions options;
  std::string sampler_label, schedule_label;
  Tensor64 noised(const Tensor64& x0, const Tensor64& noise) const;
};
Result<SamplingPlan> plan_sampling(const SamplerChoice& choice, const NoiseSchedule& schedule,
                                   const PlanOptions& options);
Result<NoiseSchedule> read_noise_schedule(const Json& config);

}  // namespace diptych
