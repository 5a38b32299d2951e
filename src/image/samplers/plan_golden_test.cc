// Every scheduler of the fixtures, held against what diffusers did with given model outputs and
// noise.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/testing/npz.h"
#include "image/samplers/plan.h"
#include "image/samplers/testing/scheduler_fixture.h"
#include "image/samplers/testing/solver_doubles.h"

namespace diptych {
namespace {

constexpr double kTolerance = 1e-4;

Tensor64 slice(const Tensor64& stack, std::size_t index) {
  Tensor64 one(Shape(stack.shape.sizes().subspan(1)));
  std::copy_n(stack.values.begin() + static_cast<std::ptrdiff_t>(index * one.size()), one.size(),
              one.values.begin());
  return one;
}

class ZeroNoise final : public Noise {
 public:
  Tensor64 draw(const Shape& shape) override { return Tensor64(shape); }
};

std::vector<std::string> fixture_names() {
  std::vector<std::string> names;
  const Path folder = fixture_folder() / "schedulers";
  std::error_code none;  // no folder: no names, which a test reports
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".npz") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class GoldenScheduler : public testing::TestWithParam<std::string> {};

TEST_P(GoldenScheduler, RunsAsDiffusersDoes) {
  const auto arrays = read_npz(fixture_folder() / "schedulers" / (GetParam() + ".npz"));
  ASSERT_TRUE(arrays.has_value()) << arrays.error().message;
  const auto config = config_of(*arrays);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const NoiseSchedule schedule = noise_schedule_of(*config).value();
  const Tensor64& outputs = arrays->at("model_outputs");
  const Tensor64& samples = arrays->at("samples");
  const auto evaluations = static_cast<std::size_t>(outputs.shape[0]);
  constexpr int kSteps = 8;
  const auto plan = plan_of_scheduler(*config, schedule, kSteps);
  ASSERT_TRUE(plan.has_value()) << plan.error().message;

  // Starting noise: the reference's first x is noise · init_noise_sigma in its own form.
  const double init_sigma = arrays->at("init_noise_sigma")[0];
  Tensor64 x = arrays->at("initial");
  for (double& value : x.values) value *= plan->initial_scale / init_sigma;

  std::size_t calls = 0;
  const Denoise denoise = [&](const Tensor64& at, double sigma) -> Result<Tensor64> {
    if (calls == evaluations) return fail(ErrorCode::kInternal, "too many evaluations");
    const Scaling scaling = scaling_of(config->prediction, {sigma});
    EXPECT_LE(relative_error(model_input(at, scaling), slice(arrays->at("scaled_inputs"), calls)),
              kTolerance)
        << "input of evaluation " << calls;
    EXPECT_NEAR(plan->timestep_of(sigma, schedule), arrays->at("timesteps")[calls], 2e-3)
        << "timestep of evaluation " << calls;
    const Tensor output = cast_tensor<float>(slice(outputs, calls++));
    return denoised_of(at, output, scaling);
  };
  GivenNoise noise(*arrays);
  SilentObserver observer;
  Solve solve{.denoise = denoise,
              .sigmas = plan->sigmas,
              .x = std::move(x),
              .noise = noise,
              .observer = observer,
              .options = plan->options};
  auto result = plan->solver->solve(solve);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(calls, evaluations);
  for (double& value : result->values) value *= plan->final_scale;
  EXPECT_LE(relative_error(*result, slice(samples, evaluations - 1)), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, GoldenScheduler, testing::ValuesIn(fixture_names()),
                         [](const auto& fixture) { return fixture.param; });

// Whole runs of six steps record what the network was told: spacings that do not divide evenly.
TEST(GoldenSchedulers, SixStepsTellTheNetworkWhatDiffusersDoes) {
  int compared = 0;
  for (const std::string& name : fixture_names()) {
    const auto run = read_npz(fixture_folder() / "sd1" / "samplers" / (name + ".npz"));
    if (!run) continue;  // a scheduler that was run without a model only
    SCOPED_TRACE(name);
    const auto options = read_npz(fixture_folder() / "schedulers" / (name + ".npz"));
    ASSERT_TRUE(options.has_value());
    const SchedulerConfig config = config_of(*options).value();
    const NoiseSchedule schedule = noise_schedule_of(config).value();
    const SamplingPlan plan = plan_of_scheduler(config, schedule, 6).value();
    const Tensor64& wanted = run->at("timesteps");
    std::vector<double> told;
    const Denoise denoise = [&](const Tensor64& x, double sigma) -> Result<Tensor64> {
      told.push_back(plan.timestep_of(sigma, schedule));
      return Tensor64(x.shape);
    };
    ZeroNoise noise;
    SilentObserver observer;
    Solve solve{.denoise = denoise,
                .sigmas = plan.sigmas,
                .x = Tensor64(Shape{1, 1, 1, 1}, 1.0),
                .noise = noise,
                .observer = observer,
                .options = plan.options};
    ASSERT_TRUE(plan.solver->solve(solve).has_value());
    EXPECT_THAT(told, testing::Pointwise(testing::DoubleNear(2e-3), wanted.values));
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

TEST(GoldenSchedulers, TheFixturesAreThere) { EXPECT_GE(fixture_names().size(), 20U); }

}  // namespace
}  // namespace diptych
