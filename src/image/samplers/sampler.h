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

// x at `sigma` → the model's estimate of x0, guidance and masks included. Shape of x: [batch, channels,
// height, width]. Errors (cancelled, out of memory) end the run.
using Denoise = std::function<Result<Tensor64>(const Tensor64& x, double sigma)>;

class Noise {  // draws in order; a solver asks once per place where its reference draws
 public:
  virtual ~Noise() = default;
  virtual Tensor64 draw(const Shape& shape) = 0;
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
  int order = 0;  // UniPC, DEIS, LMS: 0 is the solver's default
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

struct SolverRow {
  std::string_view name;                      // the A1111 label: "DPM++ 2M"
  std::span<const std::string_view> aliases;  // of A1111, SD.Next, ComfyUI, stable-diffusion.cpp, diffusers
  Result<Tensor64> (*solve)(Solve& solve);
  int evaluations_per_step;
  bool stochastic;                  // draws noise after the start
  std::string_view schedule;        // what "Automatic" means for it
  bool discards_next_to_last;       // A1111's rule for DPM2, DPM2 a, 3M SDE
  bool flow;                        // works on flow models
  std::string_view doc;
};

struct ScheduleOptions {
  std::optional<double> sigma_min, sigma_max, rho;
  double shift = 1;        // flow
  int image_tokens = 0;    // flow dynamic
  bool sdxl = false;       // which table of Align Your Steps
};

}  // namespace diptych
