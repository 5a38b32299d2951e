#include "image/diffusion/prediction.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diptych {
namespace {

constexpr double kX0 = 0.7, kNoise = -1.3;

// Each prediction's own definition, then back to x0.
TEST(Prediction, TheRightOutputGivesX0) {
  struct Case {
    Prediction prediction;
    double (*x)(double sigma);
    double (*output)(double sigma);
  };
  const auto exploding = [](double sigma) { return kX0 + sigma * kNoise; };
  const Case cases[] = {
      {Prediction::kEpsilon, exploding, [](double) { return kNoise; }},
      {Prediction::kV, exploding,
       [](double sigma) { return (kNoise - sigma * kX0) / std::sqrt(sigma * sigma + 1); }},
      {Prediction::kSample, exploding, [](double) { return kX0; }},
      {Prediction::kFlow, [](double sigma) { return (1 - sigma) * kX0 + sigma * kNoise; },
       [](double) { return kNoise - kX0; }},
      {Prediction::kEdm, exploding,
       [](double sigma) {
         const double length = std::sqrt(sigma * sigma + 0.25);
         const double x = kX0 + sigma * kNoise;
         return (kX0 - 0.25 / (length * length) * x) / (sigma * 0.5 / length);
       }},
  };
  for (const Case& expected : cases) {
    for (const double sigma : {0.03, 0.5, 1.0}) {
      SCOPED_TRACE(name_of(expected.prediction));
      const Tensor64 x(Shape{1}, {expected.x(sigma)});
      const Tensor output(Shape{1}, {static_cast<float>(expected.output(sigma))});
      const Scaling scaling = scaling_of(expected.prediction, {sigma});
      EXPECT_NEAR(denoised_of(x, output, scaling)[0], kX0, 1e-6);
    }
  }
}

TEST(Prediction, TheNetworkSeesUnitVariance) {
  const Scaling scaling = scaling_of(Prediction::kEpsilon, {3});
  EXPECT_FLOAT_EQ(model_input(Tensor64(Shape{1}, {2.0}), scaling)[0],
                  static_cast<float>(2 / std::sqrt(10.0)));
  EXPECT_DOUBLE_EQ(scaling_of(Prediction::kEdm, {2, 1}).c_in, 1 / std::sqrt(5.0));
}

TEST(Prediction, EdmIsToldTheLogarithm) {
  const NoiseSchedule schedule = NoiseSchedule::from_betas({}).value();
  EXPECT_DOUBLE_EQ(model_timestep(Prediction::kEdm, schedule, 2), 0.25 * std::log(2));
  EXPECT_NEAR(model_timestep(Prediction::kV, schedule, schedule.sigmas()[7]), 7, 1e-12);
}

TEST(Prediction, NamesRoundTrip) {
  for (const auto prediction : {Prediction::kEpsilon, Prediction::kV, Prediction::kSample,
                                Prediction::kFlow, Prediction::kEdm}) {
    EXPECT_EQ(parse_prediction(name_of(prediction)).value(), prediction);
  }
  EXPECT_EQ(parse_prediction("x").error().param, "prediction_type");
}

}  // namespace
}  // namespace diptych
