// Schedules given by a formula between the largest and the smallest sigma.

#include <cmath>

#include "image/samplers/beta_distribution.h"
#include "image/samplers/schedules.h"

namespace diptych {
namespace {

constexpr double kBetaParameter = 0.6;  // Lee et al. 2024

SigmaRange range_of(const NoiseSchedule& schedule, const ScheduleOptions& options) {
  return {options.sigma_min.value_or(schedule.sigma_min()),
          options.sigma_max.value_or(schedule.sigma_max())};
}

std::vector<double> ending_in_zero(std::vector<double> sigmas) {
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace

std::vector<double> karras_spacing(const SigmaRange& range, int count, double rho) {
  std::vector<double> sigmas =
      linear_spacing(std::pow(range.max, 1 / rho), std::pow(range.min, 1 / rho), count);
  for (double& sigma : sigmas) sigma = std::pow(sigma, rho);
  return sigmas;
}

std::vector<double> exponential_spacing(const SigmaRange& range, int count) {
  std::vector<double> sigmas = linear_spacing(std::log(range.max), std::log(range.min), count);
  for (double& sigma : sigmas) sigma = std::exp(sigma);
  return sigmas;
}

std::vector<double> beta_spacing(const SigmaRange& range, int count) {
  std::vector<double> sigmas = linear_spacing(1, 0, count);
  for (double& sigma : sigmas) {
    const double quantile = beta_quantile(sigma, kBetaParameter, kBetaParameter);
    sigma = range.min + quantile * (range.max - range.min);
  }
  return sigmas;
}

Sigmas karras_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options) {
  return ending_in_zero(
      karras_spacing(range_of(schedule, options), steps, options.rho.value_or(7)));
}

Sigmas exponential_sigmas(const NoiseSchedule& schedule, int steps,
                          const ScheduleOptions& options) {
  return ending_in_zero(exponential_spacing(range_of(schedule, options), steps));
}

Sigmas polyexponential_sigmas(const NoiseSchedule& schedule, int steps,
                              const ScheduleOptions& options) {
  const SigmaRange range = range_of(schedule, options);
  std::vector<double> sigmas = linear_spacing(1, 0, steps);
  for (double& sigma : sigmas) {
    const double ramp = std::pow(sigma, options.rho.value_or(1));
    sigma = std::exp(std::lerp(std::log(range.min), std::log(range.max), ramp));
  }
  return ending_in_zero(std::move(sigmas));
}

Sigmas beta_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options) {
  return ending_in_zero(beta_spacing(range_of(schedule, options), steps));
}

Sigmas kl_optimal_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions& options) {
  const SigmaRange range = range_of(schedule, options);
  std::vector<double> sigmas =
      linear_spacing(std::atan(range.max), std::atan(range.min), steps + 1);
  for (double& sigma : sigmas) sigma = std::tan(sigma);
  return sigmas;  // the smallest sigma is the end
}

}  // namespace diptych
