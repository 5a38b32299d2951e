#include "image/samplers/schedule_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "image/diffusion/noise_schedule.h"
#include "image/samplers/labels.h"
#include "image/samplers/schedules.h"

namespace diptych {
namespace {

using Aliases = const std::string_view[];

constexpr Aliases kUniform = {"Normal", "default", "discrete"};
constexpr Aliases kKarras = {"KarrasScheduler"};
constexpr Aliases kExponential = {"ExponentialScheduler", "lu"};
constexpr Aliases kPolyexponential = {"PolyexponentialScheduler"};
constexpr Aliases kSgmUniform = {"SGMUniform", "sgm_uniform"};
constexpr Aliases kDdim = {"ddim_uniform", "DDIM Uniform"};
constexpr Aliases kBetaComfy = {"beta_comfy"};
constexpr Aliases kKlOptimal = {"kl_optimal"};
constexpr Aliases kAys = {"align_your_steps", "AYS"};
constexpr Aliases kAysComfy = {"ays_comfy", "AlignYourStepsScheduler"};
constexpr Aliases kAysTimesteps = {"ays_timesteps"};
constexpr Aliases kLcm = {"TCD"};
constexpr Aliases kFlow = {"flow_shift"};
constexpr Aliases kFlowDiffusers = {"flow_diffusers"};
constexpr Aliases kFlowDynamic = {"flow_dynamic", "flux"};

using enum ScheduleModels;

constexpr ScheduleRow kRows[] = {
    {"Uniform", kUniform, uniform_sigmas, kNoise, "Timesteps in equal distances, last to first."},
    {"Karras", kKarras, karras_sigmas, kAny, "Sigmas in equal distances to the power of 1/rho (7).",
     true, true},
    {"Exponential", kExponential, exponential_sigmas, kAny,
     "Logarithms of sigma in equal distances.", true},
    {"Polyexponential", kPolyexponential, polyexponential_sigmas, kAny,
     "Logarithms of sigma along a power rho (1) of the way.", true, true},
    {"SGM Uniform", kSgmUniform, sgm_uniform_sigmas, kNoise,
     "Timesteps in equal distances, the first of them left out."},
    {"Simple", {}, simple_sigmas, kAny, "Every k-th sigma of the model's table from the largest."},
    {"DDIM", kDdim, ddim_sigmas, kAny,
     "Every k-th sigma of the model's table from the second; may have more steps."},
    {"Beta", {}, beta_sigmas, kAny, "Sigmas at quantiles of a beta distribution (0.6, 0.6).", true},
    {"Beta (ComfyUI)", kBetaComfy, beta_table_sigmas, kAny,
     "Timesteps at quantiles of a beta distribution (0.6, 0.6); may have fewer steps."},
    {"KL Optimal", kKlOptimal, kl_optimal_sigmas, kNoise,
     "Arctangents of sigma in equal distances; ends at the smallest sigma.", true},
    {"Align Your Steps", kAys, ays_sigmas, kNoise, "Published sigmas, resampled; 0 added."},
    {"Align Your Steps (ComfyUI)", kAysComfy, ays_comfy_sigmas, kNoise,
     "Published sigmas, resampled; the last one replaced by 0."},
    {"Align Your Steps (timesteps)", kAysTimesteps, ays_timestep_sigmas, kNoise,
     "Published timesteps; ten steps."},
    {"Leading", {}, leading_sigmas, kNoise, "Whole timesteps in equal distances from 1."},
    {"Linspace", {}, linspace_sigmas, kNoise, "Whole timesteps in equal distances, last to first."},
    {"Trailing", {}, trailing_sigmas, kNoise, "Whole timesteps in equal distances from the last."},
    {"LCM", kLcm, lcm_sigmas, kNoise, "Some of the fifty timesteps of a distilled model."},
    {"Flow", kFlow, flow_sigmas, kFlowOnly, "Equal distances, shifted."},
    {"Flow (diffusers)", kFlowDiffusers, flow_diffusers_sigmas, kFlowOnly,
     "Equal distances over a shifted table, shifted again."},
    {"Flow dynamic", kFlowDynamic, flow_dynamic_sigmas, kFlowOnly,
     "Equal distances, shifted by the size of the picture."},
};

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const ScheduleRow& row : kRows) names.push_back(row.name);
  return names;
}

Status check_model(const ScheduleRow& row, const NoiseSchedule& schedule) {
  const bool flow = schedule.space() == SigmaSpace::kFlow;
  if (row.models == kAny || (row.models == kFlowOnly) == flow) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("schedule '{}' is {} flow models, and the model is {}", row.name,
                          flow ? "not for" : "for", flow ? "one" : "none"),
              "scheduler");
}

Status check_options(const ScheduleRow& row, const ScheduleOptions& options) {
  if (!row.takes_range && (options.sigma_min || options.sigma_max)) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("schedule '{}' takes its sigmas from the model: sigma_min and sigma_max "
                    "have no meaning",
                    row.name),
        options.sigma_min ? "sigma_min" : "sigma_max");
  }
  if (!row.takes_rho && options.rho) {
    return fail(ErrorCode::kUnsupported, fmt::format("schedule '{}' has no rho", row.name), "rho");
  }
  if (options.rho && !(*options.rho > 0)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("rho {}: must be above 0", *options.rho),
                "rho");
  }
  return {};
}

Status check_range(const NoiseSchedule& schedule, const ScheduleOptions& options) {
  const double low = options.sigma_min.value_or(schedule.sigma_min());
  const double high = options.sigma_max.value_or(schedule.sigma_max());
  if (low > 0 && low < high) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("sigmas from {} down to {}: must descend and stay above 0", high, low),
              options.sigma_min ? "sigma_min" : "sigma_max");
}

}  // namespace

std::span<const ScheduleRow> schedule_rows() { return kRows; }

const ScheduleRow* find_schedule(std::string_view label) {
  for (const ScheduleRow& row : kRows) {
    const auto matches = [&](std::string_view name) { return same_label(name, label); };
    if (matches(row.name) || std::ranges::any_of(row.aliases, matches)) return &row;
  }
  return nullptr;
}

Result<const ScheduleRow*> get_schedule(std::string_view label) {
  if (const ScheduleRow* row = find_schedule(label)) return row;
  return fail(ErrorCode::kNotFound,
              fmt::format("unknown schedule '{}'{}", label, suggestion(label, all_names())),
              "scheduler");
}

Result<std::vector<double>> sigmas_of(const ScheduleRow& row, const NoiseSchedule& schedule,
                                      int steps, const ScheduleOptions& options) {
  if (steps < 1 || steps > schedule.timestep_count()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps: must be 1 to {}", steps, schedule.timestep_count()),
                "steps");
  }
  TRY_STATUS(check_model(row, schedule));
  TRY_STATUS(check_options(row, options));
  if (row.takes_range) TRY_STATUS(check_range(schedule, options));
  return row.sigmas(schedule, steps, options);
}

}  // namespace diptych
