// Schedules that choose timesteps.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "image/samplers/beta_distribution.h"
#include "image/samplers/schedules.h"

namespace diptych {
namespace {

constexpr int kLeadingOffset = 1;       // of Stable Diffusion
constexpr int kDistilledSteps = 50;     // of LCM and TCD
constexpr double kBetaParameter = 0.6;  // Lee et al. 2024

std::vector<double> at_timesteps(const NoiseSchedule& schedule,
                                 const std::vector<double>& timesteps) {
  std::vector<double> sigmas;
  for (const double t : timesteps) sigmas.push_back(schedule.sigma_at(t));
  sigmas.push_back(0);
  return sigmas;
}

double last_timestep(const NoiseSchedule& schedule) { return schedule.timestep_count() - 1; }

}  // namespace

std::vector<double> linear_spacing(double first, double last, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / (count - 1) : 0;
    values.push_back(i > 0 && i == count - 1 ? last : first + share * (last - first));
  }
  return values;
}

std::vector<double> spaced_timesteps(const SpacingOptions& options, int count) {
  std::vector<double> timesteps;
  const bool trailing = options.spacing == Spacing::kTrailing;
  const int points = count + (options.extra_point && !trailing ? 1 : 0);
  if (options.spacing == Spacing::kLinspace) {
    timesteps = linear_spacing(options.timestep_count - 1, 0, points);
    if (points == 1) timesteps[0] = 0;  // ascending in the reference: its first, then reversed
    for (double& t : timesteps) t = options.rounded ? std::nearbyint(t) : t;
  } else if (trailing) {
    const double ratio = static_cast<double>(options.timestep_count) / count;
    for (int i = 0; i < count; ++i) {
      timesteps.push_back(std::nearbyint(options.timestep_count - i * ratio) - 1);
    }
  } else {
    const int ratio = options.timestep_count / points;
    for (int i = points - 1; i >= 0; --i) timesteps.push_back(i * ratio + options.offset);
  }
  timesteps.resize(static_cast<std::size_t>(count));
  return timesteps;
}

Result<std::vector<double>> distilled_timesteps(int timestep_count, int original_steps, int count) {
  if (original_steps < 1 || original_steps > timestep_count || count > original_steps) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps of a model distilled to {}: must be 1 to {}", count,
                            original_steps, original_steps),
                "steps");
  }
  const int ratio = timestep_count / original_steps;
  std::vector<double> timesteps;
  for (int i = 0; i < count; ++i) {
    const int index = static_cast<int>(static_cast<long>(i) * original_steps / count);
    timesteps.push_back((original_steps - index) * ratio - 1);
  }
  return timesteps;
}

Sigmas uniform_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  return at_timesteps(schedule, linear_spacing(last_timestep(schedule), 0, steps));
}

Sigmas sgm_uniform_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  std::vector<double> timesteps = linear_spacing(last_timestep(schedule), 0, steps + 1);
  timesteps.pop_back();
  return at_timesteps(schedule, timesteps);
}

Sigmas simple_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  const auto table = schedule.sigmas();
  const double stride = static_cast<double>(table.size()) / steps;
  std::vector<double> sigmas;
  for (int i = 0; i < steps; ++i) {
    sigmas.push_back(table[table.size() - 1 - static_cast<std::size_t>(i * stride)]);
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas ddim_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  const auto table = schedule.sigmas();
  const std::size_t stride = std::max<std::size_t>(table.size() / static_cast<unsigned>(steps), 1);
  std::vector<double> sigmas{0};
  for (std::size_t index = 1; index < table.size(); index += stride) {
    sigmas.push_back(table[index]);
  }
  std::ranges::reverse(sigmas);
  return sigmas;
}

Sigmas beta_table_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  const auto table = schedule.sigmas();
  std::vector<double> sigmas;
  for (int i = 0; i < steps; ++i) {
    const double probability = 1 - static_cast<double>(i) / steps;
    const double quantile = beta_quantile(probability, kBetaParameter, kBetaParameter);
    const auto index =
        static_cast<std::size_t>(std::nearbyint(quantile * static_cast<double>(table.size() - 1)));
    if (sigmas.empty() || sigmas.back() != table[index]) sigmas.push_back(table[index]);
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas leading_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  return at_timesteps(schedule, spaced_timesteps({.spacing = Spacing::kLeading,
                                                  .timestep_count = schedule.timestep_count(),
                                                  .offset = kLeadingOffset},
                                                 steps));
}

Sigmas linspace_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  return at_timesteps(schedule, spaced_timesteps({.spacing = Spacing::kLinspace,
                                                  .timestep_count = schedule.timestep_count()},
                                                 steps));
}

Sigmas trailing_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  return at_timesteps(schedule, spaced_timesteps({.spacing = Spacing::kTrailing,
                                                  .timestep_count = schedule.timestep_count()},
                                                 steps));
}

Sigmas lcm_sigmas(const NoiseSchedule& schedule, int steps, const ScheduleOptions&) {
  TRY(const auto timesteps, distilled_timesteps(schedule.timestep_count(), kDistilledSteps, steps));
  return at_timesteps(schedule, timesteps);
}

}  // namespace diptych
