#pragma once
// How much noise a model was trained with at each timestep. Immutable after it is made; usable from
// any thread.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/samplers/sampler.h"

namespace diptych {

enum class BetaCurve { kLinear, kScaledLinear, kSquaredCosine, kSigmoid };
// "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", as scheduler_config.json has them.
Result<BetaCurve> parse_beta_curve(std::string_view name);

struct BetaOptions {  // the defaults are those of Stable Diffusion
  BetaCurve curve = BetaCurve::kScaledLinear;
  double start = 0.00085, end = 0.012;
  int timestep_count = 1000;
  std::vector<double> trained_betas;  // when given, they are the betas
  bool zero_terminal_snr = false;     // shift and scale √ᾱ so that the last is 0 (Lin et al. 2024)
  // What stands for ᾱ at the last timestep when it is 0 and a sigma is wanted. The default keeps
  // the picture's variance-preserving form to 1e-8; diffusers' sigma schedulers take 2⁻²⁴.
  double last_alpha_floor = 1e-16;
};

class NoiseSchedule {
 public:
  static Result<NoiseSchedule> from_betas(const BetaOptions& options);
  // A rectified flow: σ = t / timestep_count, shifted: σ·shift / (1 + (shift − 1)·σ). The timestep
  // is σ·timestep_count.
  static NoiseSchedule flow(double shift = 1, int timestep_count = 1000);

  SigmaSpace space() const { return space_; }
  int timestep_count() const { return static_cast<int>(sigmas_.size()); }
  double shift() const { return shift_; }  // flow
  // ᾱ as torch's float32 arithmetic makes it from the betas; empty for a flow.
  std::span<const double> alphas_cumprod() const { return alphas_cumprod_; }
  std::span<const double> sigmas() const { return sigmas_; }  // by timestep, ascending
  double sigma_min() const { return sigmas_.front(); }
  double sigma_max() const { return sigmas_.back(); }

  // Between timesteps log σ is linear, so that the two are inverse; both clamp to the table.
  double sigma_at(double timestep) const;
  double timestep_of(double sigma) const;
  // σ linear between timesteps, as diffusers' sigma schedulers read the table.
  double linear_sigma_at(double timestep) const;

 private:
  NoiseSchedule() = default;

  SigmaSpace space_ = SigmaSpace::kVarianceExploding;
  double shift_ = 1;
  std::vector<double> alphas_cumprod_, sigmas_, log_sigmas_;
};

}  // namespace diptych
