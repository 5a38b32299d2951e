#pragma once
// What a network's output means, as three factors. With x at sigma: the network is fed c_in·x, and
// the estimate of x0 is c_skip·x + c_out·output.

#include <optional>
#include <string_view>

#include "base/error.h"
#include "compute/tensor.h"
#include "image/diffusion/noise_schedule.h"

namespace diptych {

enum class Prediction {
  kEpsilon,  // the noise
  kV,        // √ᾱ·ε − √(1−ᾱ)·x0 (Salimans and Ho 2022)
  kSample,   // x0
  kFlow,     // ε − x0, x being (1−σ)·x0 + σ·ε
  kEdm,      // Karras et al. 2022, with the deviation of the data
};
// "epsilon", "v_prediction", "sample", "flow_prediction", "edm".
Result<Prediction> parse_prediction(std::string_view name);
std::string_view name_of(Prediction prediction);

struct Scaling {
  double c_in, c_skip, c_out;
};
struct SigmaPoint {
  double sigma;
  double data_deviation = 0.5;  // kEdm only
};
Scaling scaling_of(Prediction prediction, const SigmaPoint& at);

// What the network is told of sigma: a timestep, or ¼·ln σ for kEdm.
double model_timestep(Prediction prediction, const NoiseSchedule& schedule, double sigma);

Tensor model_input(const Tensor64& x, const Scaling& scaling);
// x and output have one shape.
Tensor64 denoised_of(const Tensor64& x, const Tensor& output, const Scaling& scaling);

}  // namespace diptych
