// Schedules of rectified flows: sigma goes from 1 to 0.

#include <fmt/format.h>

#include <cmath>

#include "image/samplers/schedules.h"

namespace diptych {
namespace {

// Esser et al. 2024, section 5.3.2.
double shifted(double sigma, double shift) { return sigma * shift / (1 + (shift - 1) * sigma); }

}  // namespace

Sigmas flow_sigmas(const NoiseSchedule&, int steps, const ScheduleOptions& options) {
  std::vector<double> sigmas = linear_spacing(1, 0, steps + 1);
  for (double& sigma : sigmas) sigma = shifted(sigma, options.shift);
  return sigmas;
}

// diffusers' FlowMatchEulerDiscreteScheduler without sigmas of the pipeline: the ends of its
// shifted table are spaced linearly and shifted again.
Sigmas flow_diffusers_sigmas(const NoiseSchedule& schedule, int steps,
                             const ScheduleOptions& options) {
  const double smallest = shifted(1.0 / schedule.timestep_count(), options.shift);
  std::vector<double> sigmas = linear_spacing(1, smallest, steps);
  for (double& sigma : sigmas) sigma = shifted(sigma, options.shift);
  sigmas.push_back(0);
  return sigmas;
}

// FLUX: the shift's logarithm grows linearly with the number of image tokens.
Sigmas flow_dynamic_sigmas(const NoiseSchedule&, int steps, const ScheduleOptions& options) {
  constexpr double kBaseShift = 0.5, kMaxShift = 1.15;
  constexpr double kBaseTokens = 256, kMaxTokens = 4096;
  if (options.image_tokens < 1) {
    return fail(ErrorCode::kInvalidArgument, "a dynamic flow schedule needs the picture's size",
                "scheduler");
  }
  const double mu = kBaseShift + (options.image_tokens - kBaseTokens) * (kMaxShift - kBaseShift) /
                                     (kMaxTokens - kBaseTokens);
  std::vector<double> sigmas = linear_spacing(1, 0, steps + 1);
  for (double& sigma : sigmas) sigma = shifted(sigma, std::exp(mu));
  return sigmas;
}

}  // namespace diptych
