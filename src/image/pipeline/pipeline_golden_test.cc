// Whole runs, from prompt to latents and pixels, held against diffusers 0.42 on tiny random models:
// every scheduler, on every back end of this build, in f32.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/testing/npz.h"
#include "image/pipeline/autoencode.h"
#include "image/pipeline/denoise.h"
#include "image/pipeline/drawing_request.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/text_encoder.h"
#include "image/pixels/resize.h"
#include "image/samplers/testing/scheduler_fixture.h"
#include "image/samplers/testing/solver_doubles.h"

namespace diptych {
namespace {

constexpr double kTolerance = 1e-4;
constexpr double kGuidance = 5;
constexpr const char* kPrompt = "a photo of a small red fox in the snow";
constexpr const char* kNegative = "blurry, low quality";

const Backends& backends() {
  static const Backends all = Backends::open();
  return all;
}

std::vector<std::string> device_names() {
  std::vector<std::string> names;
  for (const BackendState& state : backends().states())
    for (const Device& device : state.devices)
      if (device.id.ends_with(":cpu")) names.push_back(device.id);
  return names;
}

std::unique_ptr<PictureModel> open_model(const std::string& fixture, const std::string& device) {
  const Path folder = fixture_folder() / fixture / "pipeline";
  auto model = PictureModel::open(
      folder, {.devices = device, .precision = Precision::kF32, .threads = [] { return 1; }},
      backends());
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return model ? std::move(*model) : nullptr;
}

Result<PromptTimeline> encode(PictureModel& model) {
  ImageRequest request{.prompt = kPrompt, .negative_prompt = kNegative};
  TextEncoder encoder(model);
  TRY(const PromptPlan plan, plan_prompts(request, first_prompts(request), 0, model));
  return PromptTimeline::encode(encoder, plan, {}, {});
}

struct Run {
  SamplingPlan plan;
  const NoiseSchedule& schedule;
  Guidance guidance = {.cfg_scale = kGuidance};
  std::vector<float> time_ids = {};
  Tensor channels = {};  // of an inpainting model
};

// From x at the plan's first sigma to the expected latents: the relative error.
double error_from(PictureModel& model, Tensor64 x, const Npz& arrays, const Run& run,
                  const Tensor64& expected) {
  std::vector<PromptTimeline> prompts;
  auto encoded = encode(model);
  EXPECT_TRUE(encoded.has_value()) << encoded.error().message;
  if (!encoded) return 1;
  prompts.push_back(std::move(*encoded));
  Denoiser denoiser(model, run.guidance, {.channels = run.channels, .time_ids = run.time_ids});
  GivenNoise noise(arrays);
  SilentObserver observer;
  const auto latents = denoise(denoiser,
                               {.plan = run.plan,
                                .x = std::move(x),
                                .first_step = run.plan.first_step,
                                .prompts = std::move(prompts),
                                .mask = {},
                                .schedule = run.schedule},
                               {noise, observer, {}});
  EXPECT_TRUE(latents.has_value()) << latents.error().message;
  return latents ? relative_error(*latents, expected) : 1;
}

// From the fixture's first latents to its last.
double run_error(PictureModel& model, const Npz& arrays, const Run& run,
                 const std::string& prefix) {
  Tensor64 x = arrays.at(prefix + "latents_in");
  for (double& value : x.values) value *= run.plan.initial_scale;
  return error_from(model, std::move(x), arrays, run, arrays.at(prefix + "latents_out"));
}

class GoldenRun : public testing::TestWithParam<std::string> {};

TEST_P(GoldenRun, EverySchedulerDrawsWhatDiffusersDoes) {
  const auto model = open_model("sd1", GetParam());
  ASSERT_NE(model, nullptr);
  double worst = 0;
  int compared = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(fixture_folder() / "sd1" / "samplers")) {
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    const Npz arrays = read_npz(entry.path()).value();
    const SchedulerConfig config =
        config_of(read_npz(fixture_folder() / "schedulers" / (name + ".npz")).value()).value();
    const NoiseSchedule schedule = noise_schedule_of(config).value();
    SamplingPlan plan = plan_of_scheduler(config, schedule, 6).value();
    if (name == "tcd") plan.options.eta = 0;  // the reference's pipeline hands it its own, 0
    const double error = run_error(*model, arrays, {plan, schedule}, "");
    EXPECT_LE(error, kTolerance);
    worst = std::max(worst, error);
    ++compared;
  }
  EXPECT_GE(compared, 20);
  std::cout << GetParam() << ": " << compared << " schedulers, relative error at most " << worst
            << "\n";
}

TEST_P(GoldenRun, RescaledAndUnguidedRunsMatch) {
  const auto model = open_model("sd1", GetParam());
  ASSERT_NE(model, nullptr);
  Npz golden = read_npz(fixture_folder() / "sd1" / "golden.npz").value();
  const Npz ddim = read_npz(fixture_folder() / "sd1" / "samplers" / "ddim.npz").value();
  golden["latents_in"] = ddim.at("latents_in");
  const SchedulerConfig config =
      config_of(read_npz(fixture_folder() / "schedulers" / "ddim.npz").value()).value();
  const NoiseSchedule schedule = noise_schedule_of(config).value();
  const SamplingPlan plan = plan_of_scheduler(config, schedule, 6).value();
  golden["latents_out"] = golden.at("ddim_guidance_rescale_latents");
  EXPECT_LE(run_error(*model, golden, {plan, schedule, {kGuidance, 0.7}}, ""), kTolerance);
  golden["latents_out"] = golden.at("ddim_no_cfg_latents");
  EXPECT_LE(run_error(*model, golden, {plan, schedule, {1, 0}}, ""), kTolerance);
}

TEST_P(GoldenRun, VelocityModelsMatch) {
  const auto model = open_model("sd2_v", GetParam());
  ASSERT_NE(model, nullptr);
  const Npz golden = read_npz(fixture_folder() / "sd2_v" / "golden.npz").value();
  SchedulerConfig config = model->scheduler();
  EXPECT_LE(run_error(*model, golden,
                      {plan_of_scheduler(config, model->schedule(), 6).value(), model->schedule()},
                      "ddim_"),
            kTolerance);
}

TEST_P(GoldenRun, SdxlMatchesDownToThePixels) {
  const auto model = open_model("sdxl", GetParam());
  ASSERT_NE(model, nullptr);
  const Npz golden = read_npz(fixture_folder() / "sdxl" / "golden.npz").value();
  const SamplingPlan plan = plan_of_scheduler(model->scheduler(), model->schedule(), 6).value();
  const std::vector<float> sizes = {128, 192, 0, 0, 128, 192};
  EXPECT_LE(run_error(*model, golden, {plan, model->schedule(), {kGuidance, 0}, sizes}, "euler_"),
            kTolerance);
  const auto image =
      decode_latents(*model, cast_tensor<float>(golden.at("euler_latents_out")), {}, {});
  ASSERT_TRUE(image.has_value()) << image.error().message;
  EXPECT_LE(relative_error(*image, golden.at("euler_image")), kTolerance);
}

// DDIM, strength 0.6 of ten steps, from given latents and noise.
TEST_P(GoldenRun, RunsFromAPictureMatch) {
  const auto model = open_model("sd1", GetParam());
  ASSERT_NE(model, nullptr);
  const Npz golden = read_npz(fixture_folder() / "sd1" / "golden.npz").value();
  const SchedulerConfig config =
      config_of(read_npz(fixture_folder() / "schedulers" / "ddim.npz").value()).value();
  const NoiseSchedule schedule = noise_schedule_of(config).value();
  SamplerChoice choice;
  choice.model_scheduler = config;
  const SamplingPlan plan =
      plan_sampling(choice, schedule,
                    {.steps = 10, .strength = 0.6, .rule = StrengthRule::kDiffusers})
          .value();
  EXPECT_EQ(plan.first_step, 4);
  Tensor64 x = plan.noised(golden.at("img2img_init_latents"), golden.at("img2img_noise"));
  EXPECT_LE(
      error_from(*model, std::move(x), golden, {plan, schedule}, golden.at("img2img_latents_out")),
      kTolerance);
}

// The further channels of an inpainting model: the mask, and the picture without what it covers,
// encoded with the first noise that the reference drew.
Tensor masked_channels(PictureModel& model, const Npz& golden) {
  Tensor seen = cast_tensor<float>(golden.at("inpaint_image"));
  const Tensor mask = cast_tensor<float>(golden.at("inpaint_mask"));
  for (std::size_t i = 0; i < seen.size(); ++i)
    seen[i] = mask[i % mask.size()] < 0.5F ? 2 * seen[i] - 1 : 0;
  const auto encoded =
      encode_image(model, seen, cast_tensor<float>(golden.at("inpaint_noise_0")), {}, {});
  EXPECT_TRUE(encoded.has_value()) << encoded.error().message;
  const Tensor small =
      resize_planes(mask, static_cast<int>(encoded->shape[2]), static_cast<int>(encoded->shape[3]),
                    {.filter = PlaneFilter::kNearest});
  Tensor channels(Shape{1, 1 + encoded->shape[1], encoded->shape[2], encoded->shape[3]},
                  small.values);
  channels.values.insert(channels.values.end(), encoded->values.begin(), encoded->values.end());
  return channels;
}

TEST_P(GoldenRun, InpaintingModelsMatch) {
  const auto model = open_model("inpaint", GetParam());
  ASSERT_NE(model, nullptr);
  const Npz golden = read_npz(fixture_folder() / "inpaint" / "golden.npz").value();
  const SamplingPlan plan = plan_of_scheduler(model->scheduler(), model->schedule(), 6).value();
  const Tensor channels = masked_channels(*model, golden);
  EXPECT_LE(
      run_error(*model, golden, {.plan = plan, .schedule = model->schedule(), .channels = channels},
                "inpaint_"),
      kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Devices, GoldenRun, testing::ValuesIn(device_names()),
                         [](const testing::TestParamInfo<std::string>& device) {
                           std::string name = device.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST(GoldenRuns, RunOnADevice) { EXPECT_FALSE(device_names().empty()); }

}  // namespace
}  // namespace diptych
