// The whole drawing on a tiny random model: what the settings of a request do to its pictures.

#include "image/pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "image/pipeline/autoencode.h"
#include "image/pipeline/testing/tiny_model.h"
#include "image/pixels/picture_tensor.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

// Rows of a batch may be summed in another order than a row alone.
constexpr int kRounding = 1;
constexpr double kOther = 1;  // mean levels between two pictures that differ

double mean_distance(const Tensor& a, const Tensor64& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<double>(a[i]) - b[i]);
  return sum / static_cast<double>(a.size());
}

class PipelineTest : public testing::Test {
 protected:
  void SetUp() override { open("sd1"); }

  void open(const std::string& fixture) {
    model_ = open_tiny_model(fixture);
    ASSERT_NE(model_, nullptr);
    pipeline_.emplace(*model_);
  }

  Drawing draw(const ImageRequest& request, const DrawHooks& hooks = {}) {
    auto drawing = pipeline_->draw(request, hooks);
    EXPECT_TRUE(drawing.has_value()) << drawing.error().message;
    return drawing ? std::move(*drawing) : Drawing{};
  }
  Picture picture_of(const ImageRequest& request) {
    Drawing drawing = draw(request);
    EXPECT_EQ(drawing.pictures.size(), 1U);
    return drawing.pictures.empty() ? Picture{} : std::move(drawing.pictures.front().picture);
  }

  std::unique_ptr<PictureModel> model_;
  std::optional<Pipeline> pipeline_;
};

TEST_F(PipelineTest, APictureIsTheSameAloneInABatchAndInARow) {
  ImageRequest request = tiny_request();
  request.sampler = "Euler a";  // draws noise at every step
  std::vector<Picture> alone;
  for (int i = 0; i < 3; ++i) {
    request.seed = 7 + i;
    alone.push_back(picture_of(request));
  }
  EXPECT_GT(difference(alone[0], alone[1]).mean, kOther);
  request.seed = 7;
  request.batch_size = 3;
  const Drawing batch = draw(request);
  request.batch_size = 1;
  request.batch_count = 3;
  const Drawing row = draw(request);
  ASSERT_EQ(batch.pictures.size(), 3U);
  ASSERT_EQ(row.pictures.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(difference(batch.pictures[i].picture, alone[i]).most, kRounding) << i;
    EXPECT_EQ(row.pictures[i].picture, alone[i]) << i;
    EXPECT_EQ(batch.pictures[i].seed, 7 + i);
    EXPECT_THAT(batch.pictures[i].infotext, HasSubstr("Seed: " + std::to_string(7 + i)));
  }
}

TEST_F(PipelineTest, ASolverOfFreeStepsDrawsABatchOneByOne) {
  ImageRequest request = tiny_request();
  request.sampler = "DPM adaptive";
  const Picture alone = picture_of(request);
  request.batch_size = 2;
  EXPECT_EQ(draw(request).pictures.front().picture, alone);
}

TEST_F(PipelineTest, StrengthDecidesHowFarAnInitPictureIsLeft) {
  ImageRequest request = tiny_request();
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 0};
  const auto kept = encode_image(*model_, picture_to_tensor(request.init->picture), {}, {}, {});
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  std::vector<double> distances;  // of the last estimate from the picture's latents
  for (const double strength : {0.0, 0.5, 1.0}) {
    request.init->denoising_strength = strength;
    double distance = 0;
    draw(request, {.progress = [&](const DrawProgress& progress) -> Status {
                     distance = mean_distance(*kept, *progress.denoised);
                     return {};
                   },
                   .stop = {}});
    distances.push_back(distance);
  }
  EXPECT_LT(distances[0], 3 * model_->schedule().sigma_min());
  EXPECT_GT(distances[1], 4 * distances[0]);
  EXPECT_GT(distances[2], distances[1]);
}

TEST_F(PipelineTest, LatentNoiseUnderAMaskIsEachPicturesOwn) {
  ImageRequest request = tiny_request();
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 0.5};
  request.init->inpaint = Inpaint{
      .mask = mask_with(64, 64, {8, 8, 56, 56}), .blur = 0, .content = MaskedContent::kLatentNoise};
  request.seed = 8;
  const Picture alone = picture_of(request);
  request.seed = 7;
  request.batch_size = 2;
  EXPECT_LE(difference(draw(request).pictures[1].picture, alone).most, kRounding);
}

TEST_F(PipelineTest, RescaledGuidanceHoldsForAWeightedPromptAndIsToldWherePromptsAreJoined) {
  ImageRequest request = tiny_request();
  request.prompt = "a red fox :1.2";
  const Picture plain = picture_of(request);
  request.cfg_rescale = 0.7;
  EXPECT_GT(difference(picture_of(request), plain).mean, 0.1);
  EXPECT_TRUE(draw(request).warnings.empty());
  request.prompt = "a red fox AND snow";
  EXPECT_EQ(draw(request).warnings.front().param, "cfg_rescale");
}

TEST_F(PipelineTest, WhatAModelCannotUseIsTold) {
  ImageRequest request = tiny_request();
  request.cfg_scale = 1;
  EXPECT_EQ(draw(request).warnings.front().param, "negative_prompt");
  request.negative_prompt.clear();
  EXPECT_TRUE(draw(request).warnings.empty());
  open("sdxl");
  request.clip_skip = 2;
  EXPECT_EQ(draw(request).warnings.front().param, "clip_skip");
}

TEST_F(PipelineTest, AMaskKeepsWhatItDoesNotCover) {
  ImageRequest request = tiny_request();
  const Picture original = gradient(64, 64);
  request.init = InitImage{.picture = original, .denoising_strength = 1};
  request.init->inpaint = Inpaint{.mask = mask_with(64, 64, {16, 16, 48, 48}), .blur = 2};
  for (const MaskedContent content : {MaskedContent::kFill, MaskedContent::kOriginal,
                                      MaskedContent::kLatentNoise, MaskedContent::kLatentNothing}) {
    SCOPED_TRACE(static_cast<int>(content));
    request.init->inpaint->content = content;
    const Picture drawn = picture_of(request);
    double inside = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) {
        const std::ptrdiff_t at = 3 * static_cast<std::ptrdiff_t>(x);
        const bool far = x < 8 || x >= 56 || y < 8 || y >= 56;  // blur reaches 5 pixels
        for (std::ptrdiff_t c = at; c < at + 3; ++c) {
          if (far) {
            ASSERT_EQ(drawn.row(y)[c], original.row(y)[c]) << x << " " << y;
          }
          inside += std::abs(drawn.row(y)[c] - original.row(y)[c]);
        }
      }
    EXPECT_GT(inside / (32 * 32 * 3), kOther);
  }
}

TEST_F(PipelineTest, AMaskHoldsTheLatentsOfEveryStep) {
  ImageRequest request = tiny_request();
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 1};
  request.init->inpaint = Inpaint{.mask = mask_with(64, 64, {16, 16, 48, 48}), .blur = 0};
  const auto kept = encode_image(*model_, picture_to_tensor(request.init->picture), {}, {}, {});
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  int steps = 0;
  draw(request, {.progress = [&](const DrawProgress& progress) -> Status {
                   ++steps;
                   const Tensor64& denoised = *progress.denoised;
                   EXPECT_EQ(denoised[0], static_cast<double>(kept->values[0]));  // a corner
                   const std::size_t middle = denoised.size() / 8 + 4;  // of the first channel
                   EXPECT_NE(denoised[middle], static_cast<double>(kept->values[middle]));
                   return {};
                 },
                 .stop = {}});
  EXPECT_EQ(steps, 4);
}

TEST_F(PipelineTest, AnInpaintingModelSeesMaskAndPicture) {
  open("inpaint");
  ASSERT_EQ(model_->unet_config().in_channels, 9);
  ImageRequest request = tiny_request();
  const Picture whole = picture_of(request);  // nothing given: all is drawn
  EXPECT_EQ(whole.width, 64);
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 1};
  request.init->inpaint = Inpaint{.mask = mask_with(64, 64, {16, 16, 48, 48}), .blur = 0};
  const Picture drawn = picture_of(request);
  EXPECT_GT(difference(drawn, whole).mean, kOther);
  EXPECT_EQ(drawn.row(2)[5], request.init->picture.row(2)[5]);
  request.batch_size = 2;
  const Drawing two = draw(request);
  ASSERT_EQ(two.pictures.size(), 2U);
  EXPECT_LE(difference(two.pictures[0].picture, drawn).most, kRounding);
}

TEST_F(PipelineTest, ASecondPassGivesItsSize) {
  ImageRequest request = tiny_request();
  for (const char* const upscaler : {"Latent", "Latent (nearest-exact)", "Lanczos"}) {
    SCOPED_TRACE(upscaler);
    request.hires = Hires{.width = 128, .height = 96, .upscaler = upscaler, .steps = 3};
    std::vector<int> steps;
    const Drawing drawing = draw(request, {.progress = [&](const DrawProgress& progress) -> Status {
                                             EXPECT_EQ(progress.step_count, 7);
                                             steps.push_back(progress.step);
                                             return {};
                                           },
                                           .stop = {}});
    ASSERT_EQ(drawing.pictures.size(), 1U);
    EXPECT_EQ(drawing.pictures[0].picture.width, 128);
    EXPECT_EQ(drawing.pictures[0].picture.height, 96);
    EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_THAT(drawing.pictures[0].infotext, HasSubstr("Hires resize: 128x96"));
  }
}

TEST_F(PipelineTest, ProgressCountsTheStepsThatRun) {
  ImageRequest request = tiny_request();
  request.steps = 6;
  request.batch_count = 2;
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 0.5};
  std::vector<std::pair<int, int>> seen;
  draw(request, {.progress = [&](const DrawProgress& progress) -> Status {
                   EXPECT_EQ(progress.step_count, 4);
                   EXPECT_EQ(progress.picture_count, 2);
                   EXPECT_NE(progress.denoised, nullptr);
                   seen.emplace_back(progress.picture, progress.step);
                   return {};
                 },
                 .stop = {}});
  EXPECT_EQ(seen, (std::vector<std::pair<int, int>>{
                      {0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 1}, {1, 2}, {1, 3}, {1, 4}}));
}

TEST_F(PipelineTest, AnErrorOfTheHookEndsTheDrawing) {
  int calls = 0;
  const auto drawing =
      pipeline_->draw(tiny_request(), {.progress = [&](const DrawProgress&) -> Status {
                                         ++calls;
                                         return fail(ErrorCode::kBudgetSpent, "enough");
                                       },
                                       .stop = {}});
  ASSERT_FALSE(drawing.has_value());
  EXPECT_EQ(drawing.error().code, ErrorCode::kBudgetSpent);
  EXPECT_EQ(calls, 1);
}

TEST_F(PipelineTest, AStopActsWithinAStep) {
  for (const int steps_before : {0, 1, 2}) {
    std::stop_source stop;
    int calls = 0;
    if (steps_before == 0) stop.request_stop();
    const auto drawing =
        pipeline_->draw(tiny_request(), {.progress = [&](const DrawProgress&) -> Status {
                                           if (++calls == steps_before) stop.request_stop();
                                           return {};
                                         },
                                         .stop = stop.get_token()});
    ASSERT_FALSE(drawing.has_value());
    EXPECT_EQ(drawing.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(calls, steps_before);
  }
}

TEST_F(PipelineTest, PromptsThatChangeDrawSomethingBetween) {
  ImageRequest request = tiny_request();
  request.prompt = "a red fox";
  const Picture first = picture_of(request);
  request.prompt = "green hills at night";
  const Picture second = picture_of(request);
  request.prompt = "[a red fox:green hills at night:0.5]";
  const Picture changed = picture_of(request);
  EXPECT_GT(difference(changed, first).mean, 0.1);
  EXPECT_GT(difference(changed, second).mean, 0.1);
  request.prompt = "[a red fox:green hills at night:4]";  // of 4 steps: never
  EXPECT_EQ(picture_of(request), first);
}

TEST_F(PipelineTest, PromptsJoinedByAndAreBothFollowed) {
  ImageRequest request = tiny_request();
  request.prompt = "a red fox";
  const Picture one = picture_of(request);
  request.prompt = "a red fox AND green hills, " + std::string(400, 'x') + " BREAK at night";
  EXPECT_GT(difference(picture_of(request), one).mean, 0.1);
  request.prompt = "a red fox AND green hills :0";
  EXPECT_LE(difference(picture_of(request), one).mean, 0.1);
}

TEST_F(PipelineTest, WithoutGuidanceHalfTheRowsAreRun) {
  ImageRequest request = tiny_request();
  request.cfg_scale = 1;
  const Picture drawn = picture_of(request);
  const int compiled = model_->compile_count();
  UnetShape shape;
  shape.batch = 1;
  shape.height = shape.width = 64 / model_->vae_config().reduction();
  shape.context_tokens = 77;
  ASSERT_TRUE(model_->unet(shape).has_value());
  EXPECT_EQ(model_->compile_count(), compiled) << "the drawing did not run one row";
  shape.batch = 2;
  ASSERT_TRUE(model_->unet(shape).has_value());
  EXPECT_EQ(model_->compile_count(), compiled + 1) << "the drawing ran two rows";
  request.negative_prompt = "something else";
  EXPECT_EQ(picture_of(request), drawn);
}

TEST_F(PipelineTest, AVariationLiesBetweenTwoSeeds) {
  ImageRequest request = tiny_request();
  const Picture first = picture_of(request);
  request.seed = 99;
  const Picture other = picture_of(request);
  request.seed = 7;
  request.variation = Variation{.seed = 99, .strength = 0};
  EXPECT_EQ(picture_of(request), first);
  request.variation->strength = 1;
  EXPECT_LE(difference(picture_of(request), other).most, kRounding);
  request.variation->strength = 0.5;
  const Picture between = picture_of(request);
  EXPECT_GT(difference(between, first).mean, kOther);
  EXPECT_GT(difference(between, other).mean, kOther);
}

TEST_F(PipelineTest, ANetworkThatIsNotAppliedIsTold) {
  ImageRequest request = tiny_request();
  request.prompt = "a fox <lora:winter:0.8>";
  request.negative_prompt = "blurry <lora:summer:1>";
  const Drawing drawing = draw(request);
  std::string told;
  for (const Warning& warning : drawing.warnings) told += warning.message + "\n";
  EXPECT_THAT(told, HasSubstr("winter"));
  EXPECT_THAT(told, HasSubstr("summer"));
}

TEST_F(PipelineTest, WhatASolverDoesNotUseIsTold) {
  ImageRequest request = tiny_request();
  request.eta = 0.5;
  const Drawing drawing = draw(request);
  ASSERT_EQ(drawing.warnings.size(), 1U);
  EXPECT_EQ(drawing.warnings[0].param, "eta");
}

TEST_F(PipelineTest, TilesDecodeNearlyAsTheWhole) {
  Tensor latents(Shape{1, 4, 24, 32});
  for (std::size_t i = 0; i < latents.size(); ++i)
    latents[i] = std::sin(static_cast<float>(i % 768) * 0.05F + static_cast<float>(i / 768));
  const auto whole = decode_latents(*model_, latents, {.tiling = Tiling::kNever}, {});
  const auto tiled =
      decode_latents(*model_, latents, {.tiling = Tiling::kAlways, .tile_pixels = 128}, {});
  ASSERT_TRUE(whole.has_value() && tiled.has_value());
  EXPECT_NE(whole->values, tiled->values) << "one tile only";
  const auto far = difference(tensor_to_picture(*whole), tensor_to_picture(*tiled));
  EXPECT_LT(far.mean, 8);  // normalised over a tile instead of the picture
}

}  // namespace
}  // namespace diptych
