#pragma once
// Solvers and sigma schedules as rows: name, aliases, a free function. Everything a solver needs
// comes in a Solve. Variance-exploding view: x_σ = x0 + σ·ε; a flow model: x_σ = (1−σ)·x0 + σ·ε.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"

namespace diptych {

class NoiseSchedule;  // image/diffusion/noise_schedule.h

// x at `sigma` → the model's estimate of x0, guidance and masks included. Shape of x: [batch,
// channels, height, width]. Errors (cancelled, out of memory) end the run.
using Denoise = std::function<Result<Tensor64>(const Tensor64& x, double sigma)>;

struct SigmaStep {
  double from, to;
};

class Noise {  // draws in order; a solver asks once per place where its reference draws
 public:
  virtual ~Noise() = default;
  virtual Tensor64 draw(const Shape& shape) = 0;
  // The noise of one SDE step. A source that follows one path through all sigmas answers its
  // increment; others draw.
  virtual Tensor64 draw_between(const Shape& shape, SigmaStep /*step*/) { return draw(shape); }
};

struct Step {
  int index = 0, count = 0;  // 0-based; count: steps, not evaluations
  double sigma = 0;
  const Tensor64& x;         // before the step
  const Tensor64& denoised;  // the first estimate in this step
};
class StepObserver {  // progress, previews, checkpoints, stop: an error ends the run
 public:
  virtual ~StepObserver() = default;
  virtual Status step(const Step& step) = 0;
};

enum class SigmaSpace { kVarianceExploding, kFlow };

struct SolverOptions {
  std::optional<double> eta;  // noise of ancestral and SDE solvers; none: the solver's default
  double s_churn = 0, s_tmin = 0, s_tmax = 1e9, s_noise = 1;
  int order = 0;  // UniPC, DEIS, LMS, DPM++ 2M: 0 is the solver's default
  // Multistep solvers: the last step has order 1, the one before at most 2. None: the solver's
  // default.
  std::optional<bool> lower_order_final;
  double clip = 0;  // > 0: DDIM, DDPM, LCM clamp the estimate of x0 to [−clip, clip]
  // DDIM: where step i lands, when that is not sigmas[i + 1]; the picture's variance-preserving
  // form is then taken as if it were at sigmas[i + 1]. Empty: at sigmas[i + 1].
  std::vector<double> landings;
  const NoiseSchedule* schedule = nullptr;  // LCM, TCD: solvers on timesteps
  SigmaSpace space = SigmaSpace::kVarianceExploding;
};

struct Solve {
  const Denoise& denoise;
  std::span<const double> sigmas;  // descending; n + 1 values for n steps
  Tensor64 x;                      // at sigmas[0]
  Noise& noise;
  StepObserver& observer;
  SolverOptions options;
};

struct SolverTraits {
  bool brownian = false;   // A1111 and ComfyUI draw its noise along Brownian paths
  bool uses_ensd = false;  // A1111 writes ENSD into infotext for it
  // Keeps to the picture's variance-preserving form: starts from noise of variance 1, and what it
  // ends with is the picture in that form.
  bool variance_preserving = false;
  // Over whole timesteps it ends at the model's smallest sigma, as Stable Diffusion's own
  // configurations do.
  bool ends_at_sigma_min = false;
  bool couples_batch =
      false;  // step sizes depend on every picture of a batch: draw them one by one
};

struct SolverRow {
  std::string_view name;  // the A1111 label: "DPM++ 2M"
  // of A1111, SD.Next, ComfyUI, stable-diffusion.cpp, diffusers
  std::span<const std::string_view> aliases;
  Result<Tensor64> (*solve)(Solve& solve);
  int evaluations_per_step;
  bool stochastic;             // draws noise after the start
  std::string_view schedule;   // what "Automatic" means for it
  bool discards_next_to_last;  // A1111's rule for DPM2, DPM2 a, 3M SDE
  bool flow;                   // works on flow models
  std::string_view doc;
  SolverTraits traits = {};
};

struct ScheduleOptions {
  std::optional<double> sigma_min, sigma_max, rho;
  double shift = 1;      // flow
  int image_tokens = 0;  // flow dynamic
  bool sdxl = false;     // which table of Align Your Steps
};

enum class ScheduleModels { kAny, kNoise, kFlowOnly };  // which models a schedule is for

struct ScheduleRow {
  std::string_view name;  // the A1111 label: "Karras"
  std::span<const std::string_view> aliases;
  // steps ≥ 1 → descending sigmas; usually steps + 1 values, the last 0.
  Result<std::vector<double>> (*sigmas)(const NoiseSchedule& schedule, int steps,
                                        const ScheduleOptions& options);
  ScheduleModels models;
  std::string_view doc;
  bool takes_range = false, takes_rho = false;  // which options have a meaning
};

}  // namespace diptych
