// Align Your Steps (Sabour et al. 2024): the published tables of eleven sigmas, or of ten
// timesteps, and the three ways in which programs resample them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "image/samplers/schedules.h"

namespace diptych {
namespace {

constexpr std::array kSd1Sigmas = {14.615, 6.475, 3.861, 2.697, 1.886, 1.396,
                                   0.963,  0.652, 0.399, 0.152, 0.029};
constexpr std::array kSdxlSigmas = {14.615, 6.315, 3.771, 2.181, 1.342, 0.862,
                                    0.555,  0.380, 0.234, 0.113, 0.029};
constexpr std::array kSd1Timesteps = {999.0, 850.0, 736.0, 645.0, 545.0,
                                      455.0, 343.0, 233.0, 124.0, 24.0};
constexpr std::array kSdxlTimesteps = {999.0, 845.0, 730.0, 587.0, 443.0,
                                       310.0, 193.0, 116.0, 53.0,  13.0};

std::vector<double> resampled(std::span<const double> table, int count) {
  std::vector<double> sigmas;
  for (const double at : linear_spacing(0, static_cast<double>(table.size() - 1), count)) {
    const auto low = std::min(static_cast<std::size_t>(at), table.size() - 2);
    const double share = at - static_cast<double>(low);
    sigmas.push_back(std::exp(std::lerp(std::log(table[low]), std::log(table[low + 1]), share)));
  }
  return sigmas;
}

std::span<const double> sigma_table(const ScheduleOptions& options) {
  return options.sdxl ? std::span<const double>(kSdxlSigmas) : kSd1Sigmas;
}

}  // namespace

Sigmas ays_sigmas(const NoiseSchedule&, int steps, const ScheduleOptions& options) {
  std::vector<double> sigmas = resampled(sigma_table(options), steps);
  sigmas.push_back(0);
  return sigmas;
}

Sigmas ays_comfy_sigmas(const NoiseSchedule&, int steps, const ScheduleOptions& options) {
  std::vector<double> sigmas = resampled(sigma_table(options), steps + 1);
  sigmas.back() = 0;
  return sigmas;
}

Sigmas ays_timestep_sigmas(const NoiseSchedule& schedule, int steps,
                           const ScheduleOptions& options) {
  const std::span<const double> table =
      options.sdxl ? std::span<const double>(kSdxlTimesteps) : kSd1Timesteps;
  if (steps != std::ssize(table)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps: the table of timesteps has {}", steps, table.size()),
                "steps");
  }
  std::vector<double> sigmas;
  for (const double t : table) sigmas.push_back(schedule.sigma_at(t));
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace diptych
