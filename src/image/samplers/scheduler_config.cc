#include "image/samplers/scheduler_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "image/samplers/labels.h"

namespace diptych {
namespace {

using enum SchedulerKind;

// class, solver, kind, spacing, set_alpha_to_one, clip_sample, betas of Stable Diffusion (diffusers
// 0.42)
constexpr SchedulerRow kRows[] = {
    {"DDIMScheduler", "DDIM", kPreserving, Spacing::kLeading, true, true, false},
    {"DDPMScheduler", "DDPM", kPreserving, Spacing::kLeading, true, true, false},
    {"PNDMScheduler", "PLMS", kPreserving, Spacing::kLeading, false, false, false},
    {"EulerDiscreteScheduler", "Euler", kSigma, Spacing::kLinspace, true, false, false},
    {"EulerAncestralDiscreteScheduler", "Euler a", kSigma, Spacing::kLinspace, true, false, false},
    {"HeunDiscreteScheduler", "Heun", kSigma, Spacing::kLinspace, true, false, true},
    {"LMSDiscreteScheduler", "LMS", kSigma, Spacing::kLinspace, true, false, false},
    {"KDPM2DiscreteScheduler", "DPM2", kSigma, Spacing::kLinspace, true, false, true},
    {"KDPM2AncestralDiscreteScheduler", "DPM2 a", kSigma, Spacing::kLinspace, true, false, true},
    {"DPMSolverMultistepScheduler", "DPM++ 2M", kMultistep, Spacing::kLinspace, true, false, false},
    {"DPMSolverSinglestepScheduler", "DPM++ 2S", kMultistep, Spacing::kLinspace, true, false,
     false},
    {"DEISMultistepScheduler", "DEIS", kMultistep, Spacing::kLinspace, false, false, false},
    {"UniPCMultistepScheduler", "UniPC BH2", kMultistep, Spacing::kLinspace, true, false, false},
    {"LCMScheduler", "LCM", kDistilled, Spacing::kLeading, true, false, true},
    {"TCDScheduler", "TCD", kDistilled, Spacing::kLeading, false, false, true},
    {"FlowMatchEulerDiscreteScheduler", "Euler", kFlow, Spacing::kLinspace, true, false, false},
    {"FlowMatchHeunDiscreteScheduler", "Heun", kFlow, Spacing::kLinspace, true, false, false},
};

class Fields {  // of one object; keeps the first error
 public:
  explicit Fields(const Json& object) : object_(object) {}

  double number(std::string_view name, double otherwise) {
    const Json& value = object_[name];
    if (value.is_null()) return otherwise;
    if (!value.is_number()) return reject(name, "a number"), otherwise;
    return value.as_double();
  }
  std::optional<double> number(std::string_view name) {
    if (object_[name].is_null()) return std::nullopt;
    return number(name, 0);
  }
  int whole(std::string_view name, int otherwise) {
    constexpr int kLimit = 1 << 20;
    const Json& value = object_[name];
    if (value.is_null()) return otherwise;
    if (!value.is_int() || value.as_int() < -kLimit || value.as_int() > kLimit) {
      return reject(name, "a whole number up to 1048576"), otherwise;
    }
    return static_cast<int>(value.as_int());
  }
  bool flag(std::string_view name, bool otherwise) {
    const Json& value = object_[name];
    if (value.is_null()) return otherwise;
    if (!value.is_bool()) return reject(name, "true or false"), otherwise;
    return value.as_bool();
  }
  std::string text(std::string_view name, std::string_view otherwise) {
    const Json& value = object_[name];
    if (value.is_null()) return std::string(otherwise);
    if (!value.is_string()) return reject(name, "a text"), std::string(otherwise);
    return value.as_string();
  }
  std::vector<double> numbers(std::string_view name) {
    std::vector<double> values;
    const Json& list = object_[name];
    if (list.is_null()) return values;
    if (!list.is_array()) return reject(name, "a list of numbers"), values;
    for (const Json& item : list.as_array()) {
      if (!item.is_number()) return reject(name, "a list of numbers"), values;
      values.push_back(item.as_double());
    }
    return values;
  }
  // A setting that only its usual value is supported of.
  void refuse_unless(bool usual, std::string_view name) {
    if (!usual && !error_) {
      error_ = {ErrorCode::kUnsupported,
                fmt::format("scheduler_config.json: {} {} is not supported", name,
                            dump_json(object_[name])),
                std::string(name),
                {},
                0};
    }
  }
  void reject(std::string_view name, std::string_view wanted) {
    if (!error_) {
      error_ = {ErrorCode::kInvalidArgument,
                fmt::format("scheduler_config.json: {} is {}: must be {}", name,
                            dump_json(object_[name]), wanted),
                std::string(name),
                {},
                0};
    }
  }
  Status status() const {
    if (error_) return fail(*error_);
    return {};
  }

 private:
  const Json& object_;
  std::optional<Error> error_;
};

Result<const SchedulerRow*> row_of(const std::string& class_name) {
  const auto* row = std::ranges::find(kRows, class_name, &SchedulerRow::class_name);
  if (row != std::end(kRows)) return row;
  std::vector<std::string_view> names;
  for (const SchedulerRow& known : kRows) names.push_back(known.class_name);
  return fail(ErrorCode::kUnsupported,
              fmt::format("scheduler_config.json: class '{}' is not supported{}", class_name,
                          suggestion(class_name, names)),
              "_class_name");
}

Result<BetaOptions> betas_of(Fields& fields, const SchedulerRow& row) {
  const bool usual = row.stable_diffusion_betas;
  BetaOptions betas;
  betas.start = fields.number("beta_start", usual ? 0.00085 : 0.0001);
  betas.end = fields.number("beta_end", usual ? 0.012 : 0.02);
  betas.timestep_count = fields.whole("num_train_timesteps", 1000);
  betas.trained_betas = fields.numbers("trained_betas");
  betas.zero_terminal_snr = fields.flag("rescale_betas_zero_snr", false);
  if (row.kind == kSigma || row.kind == kMultistep) betas.last_alpha_floor = 0x1p-24;
  const bool scaled = row.kind == kDistilled;
  TRY(betas.curve,
      parse_beta_curve(fields.text("beta_schedule", scaled ? "scaled_linear" : "linear")));
  return betas;
}

Spacing spacing_of(Fields& fields, Spacing usual) {
  const std::string name = fields.text("timestep_spacing", "");
  if (name == "leading") return Spacing::kLeading;
  if (name == "linspace") return Spacing::kLinspace;
  if (name == "trailing") return Spacing::kTrailing;
  if (!name.empty()) fields.reject("timestep_spacing", "leading, linspace or trailing");
  return usual;
}

SigmaConversion conversion_of(Fields& fields) {
  if (fields.flag("use_karras_sigmas", false)) return SigmaConversion::kKarras;
  if (fields.flag("use_exponential_sigmas", false)) return SigmaConversion::kExponential;
  if (fields.flag("use_beta_sigmas", false)) return SigmaConversion::kBeta;
  return SigmaConversion::kNone;
}

bool ends_at_sigma_min(Fields& fields, const SchedulerRow& row) {
  const bool usual = !fields.flag("set_alpha_to_one", row.set_alpha_to_one);
  if (row.kind == kPreserving) return row.solver != "DDPM" && usual;
  if (row.kind == kDistilled) return !row.set_alpha_to_one;
  const std::string end =
      fields.text("final_sigmas_type", row.set_alpha_to_one ? "zero" : "sigma_min");
  if (end != "zero" && end != "sigma_min") fields.reject("final_sigmas_type", "zero or sigma_min");
  return end == "sigma_min";
}

void refuse_the_rest(Fields& fields, const SchedulerConfig& config) {
  fields.refuse_unless(!fields.flag("thresholding", false), "thresholding");
  fields.refuse_unless(!fields.flag("invert_sigmas", false), "invert_sigmas");
  fields.refuse_unless(!fields.flag("stochastic_sampling", false), "stochastic_sampling");
  fields.refuse_unless(!fields.flag("use_flow_sigmas", false), "use_flow_sigmas");
  fields.refuse_unless(!fields.flag("use_lu_lambdas", false), "use_lu_lambdas");
  fields.refuse_unless(!fields.number("shift_terminal"), "shift_terminal");
  fields.refuse_unless(fields.text("timestep_type", "discrete") == "discrete", "timestep_type");
  fields.refuse_unless(fields.text("interpolation_type", "linear") == "linear",
                       "interpolation_type");
  const bool preserving = config.row->kind == kPreserving;
  const std::string variance = fields.text("variance_type", preserving ? "fixed_small" : "");
  fields.refuse_unless(variance.empty() || variance == "fixed_small", "variance_type");
  fields.refuse_unless(config.row->solver != "PLMS" || fields.flag("skip_prk_steps", false),
                       "skip_prk_steps");
  const bool flow_converted =
      config.row->kind == kFlow && config.conversion != SigmaConversion::kNone;
  fields.refuse_unless(!flow_converted, "use_karras_sigmas");
}

}  // namespace

Result<SchedulerConfig> parse_scheduler_config(const Json& json) {
  Fields fields(json);
  SchedulerConfig config;
  TRY(config.row, row_of(fields.text("_class_name", "")));
  TRY(config.betas, betas_of(fields, *config.row));
  const bool flow = config.row->kind == kFlow;
  TRY(config.prediction,
      parse_prediction(fields.text("prediction_type", flow ? "flow_prediction" : "epsilon")));
  config.spacing = spacing_of(fields, config.row->spacing);
  config.steps_offset = fields.whole("steps_offset", 0);
  config.conversion = conversion_of(fields);
  config.sigma_min = fields.number("sigma_min");
  config.sigma_max = fields.number("sigma_max");
  config.ends_at_sigma_min = ends_at_sigma_min(fields, *config.row);
  config.lower_order_final = fields.flag("lower_order_final", config.row->solver != "DPM++ 2S");
  config.euler_at_final = fields.flag("euler_at_final", false);
  const double range = fields.number("clip_sample_range", 1);
  config.clip = fields.flag("clip_sample", config.row->clip_sample) ? range : 0;
  if (config.row->solver == "PLMS") config.clip = 0;  // has the field and does not use it
  config.algorithm = fields.text("algorithm_type", "");
  config.solver_type = fields.text("solver_type", "");
  config.solver_order = fields.whole("solver_order", 2);
  config.original_steps = fields.whole("original_inference_steps", 50);
  config.shift = fields.number("shift", 1);
  config.dynamic_shift = fields.flag("use_dynamic_shifting", false);
  if (!(config.shift > 0)) fields.reject("shift", "above 0");
  refuse_the_rest(fields, config);
  TRY_STATUS(fields.status());
  return config;
}

Result<NoiseSchedule> noise_schedule_of(const SchedulerConfig& config) {
  if (config.row->kind != kFlow) return NoiseSchedule::from_betas(config.betas);
  if (config.betas.timestep_count < 1) {
    return fail(ErrorCode::kInvalidArgument, "num_train_timesteps must be 1 or more",
                "num_train_timesteps");
  }
  return NoiseSchedule::flow(config.shift, config.betas.timestep_count);
}

}  // namespace diptych
