#include "image/diffusion/prediction.h"

#include <fmt/format.h>

#include <cmath>

#include "base/check.h"

namespace diptych {
namespace {

struct PredictionRow {
  Prediction prediction;
  std::string_view name;
  Scaling (*scaling)(const SigmaPoint& at);
};

Scaling of_epsilon(const SigmaPoint& at) { return {1 / std::hypot(at.sigma, 1.0), 1, -at.sigma}; }
Scaling of_v(const SigmaPoint& at) {
  const double length = std::hypot(at.sigma, 1.0);
  return {1 / length, 1 / (length * length), -at.sigma / length};
}
Scaling of_sample(const SigmaPoint& at) { return {1 / std::hypot(at.sigma, 1.0), 0, 1}; }
Scaling of_flow(const SigmaPoint& at) { return {1, 1, -at.sigma}; }
Scaling of_edm(const SigmaPoint& at) {
  const double length = std::hypot(at.sigma, at.data_deviation);
  const double share = at.data_deviation / length;
  return {1 / length, share * share, at.sigma * share};
}

constexpr PredictionRow kRows[] = {{Prediction::kEpsilon, "epsilon", of_epsilon},
                                   {Prediction::kV, "v_prediction", of_v},
                                   {Prediction::kSample, "sample", of_sample},
                                   {Prediction::kFlow, "flow_prediction", of_flow},
                                   {Prediction::kEdm, "edm", of_edm}};

const PredictionRow& row_of(Prediction prediction) {
  for (const PredictionRow& row : kRows) {
    if (row.prediction == prediction) return row;
  }
  CHECK(false);
}

}  // namespace

Result<Prediction> parse_prediction(std::string_view name) {
  for (const PredictionRow& row : kRows) {
    if (row.name == name) return row.prediction;
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("prediction_type '{}': must be epsilon, v_prediction, sample, "
                          "flow_prediction or edm",
                          name),
              "prediction_type");
}

std::string_view name_of(Prediction prediction) { return row_of(prediction).name; }

Scaling scaling_of(Prediction prediction, const SigmaPoint& at) {
  return row_of(prediction).scaling(at);
}

double model_timestep(Prediction prediction, const NoiseSchedule& schedule, double sigma) {
  return prediction == Prediction::kEdm ? 0.25 * std::log(sigma) : schedule.timestep_of(sigma);
}

Tensor model_input(const Tensor64& x, const Scaling& scaling) {
  Tensor input(x.shape);
  for (std::size_t i = 0; i < x.size(); ++i) input[i] = static_cast<float>(scaling.c_in * x[i]);
  return input;
}

Tensor64 denoised_of(const Tensor64& x, const Tensor& output, const Scaling& scaling) {
  CHECK(x.shape == output.shape);
  Tensor64 denoised(x.shape);
  for (std::size_t i = 0; i < x.size(); ++i) {
    denoised[i] = scaling.c_skip * x[i] + scaling.c_out * static_cast<double>(output[i]);
  }
  return denoised;
}

}  // namespace diptych
