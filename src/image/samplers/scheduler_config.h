#pragma once
// A model's scheduler_config.json, as diffusers writes it: read once, defaults of its class filled
// in.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "image/diffusion/noise_schedule.h"
#include "image/diffusion/prediction.h"
#include "image/samplers/schedules.h"

namespace diptych {

enum class SigmaConversion { kNone, kKarras, kExponential, kBeta };

// How a class makes its sigmas.
enum class SchedulerKind {
  kSigma,       // fractional timesteps; x is variance-exploding
  kPreserving,  // whole timesteps; x is variance-preserving
  kMultistep,   // the same with one timestep more, which is left out
  kDistilled,   // every k-th timestep of a distilled model
  kFlow,
};

struct SchedulerRow {
  std::string_view class_name;
  std::string_view solver;
  SchedulerKind kind;
  Spacing spacing;              // by default
  bool set_alpha_to_one;        // by default: the end is sigma 0, else the model's smallest
  bool clip_sample;             // by default
  bool stable_diffusion_betas;  // by default, rather than linear from 0.0001 to 0.02
};

struct SchedulerConfig {
  const SchedulerRow* row = nullptr;
  BetaOptions betas;
  Prediction prediction = Prediction::kEpsilon;
  Spacing spacing = Spacing::kLeading;
  int steps_offset = 0;
  SigmaConversion conversion = SigmaConversion::kNone;
  std::optional<double> sigma_min, sigma_max;
  bool ends_at_sigma_min = false;
  bool lower_order_final = true, euler_at_final = false;
  double clip = 0;                     // 0: no clipping
  std::string algorithm, solver_type;  // of DPM and UniPC solvers; may be empty
  int solver_order = 2;
  int original_steps = 50;  // kDistilled
  double shift = 1;         // kFlow
  bool dynamic_shift = false;
};

// Errors name the field: an unknown class, or a setting that is not supported.
Result<SchedulerConfig> parse_scheduler_config(const Json& config);

Result<NoiseSchedule> noise_schedule_of(const SchedulerConfig& config);

}  // namespace diptych
