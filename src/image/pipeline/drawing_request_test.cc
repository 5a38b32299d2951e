#include "image/pipeline/drawing_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "image/pipeline/testing/tiny_model.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

struct Refused {
  std::string field, value, limit;
  std::function<void(ImageRequest&)> set;
};

InitImage& init_in(ImageRequest& request) {
  request.init = InitImage{.picture = gradient(64, 64)};
  return *request.init;
}

Inpaint& inpaint_in(ImageRequest& request) {
  init_in(request).inpaint = Inpaint{.mask = mask_with(64, 64, {8, 8, 40, 40})};
  return *request.init->inpaint;
}

Hires& hires_in(ImageRequest& request) {
  request.hires = Hires{.width = 128, .height = 128};
  return *request.hires;
}

std::vector<Refused> refused_drawings() {
  return {
      {"width", "32", "64", [](ImageRequest& r) { r.width = 32; }},
      {"width", "8192", "4096", [](ImageRequest& r) { r.width = 8192; }},
      {"height", "68", "multiple of 8", [](ImageRequest& r) { r.height = 68; }},
      {"steps", "0", "1", [](ImageRequest& r) { r.steps = 0; }},
      {"steps", "501", "500", [](ImageRequest& r) { r.steps = 501; }},
      {"cfg_scale", "-1", "0", [](ImageRequest& r) { r.cfg_scale = -1; }},
      {"cfg_scale", "nan", "100",
       [](ImageRequest& r) { r.cfg_scale = std::numeric_limits<double>::quiet_NaN(); }},
      {"cfg_rescale", "1.5", "1", [](ImageRequest& r) { r.cfg_rescale = 1.5; }},
      {"batch_size", "17", "16", [](ImageRequest& r) { r.batch_size = 17; }},
      {"n_iter", "0", "1000", [](ImageRequest& r) { r.batch_count = 0; }},
      {"clip_skip", "99", "1", [](ImageRequest& r) { r.clip_skip = 99; }},
      {"eta", "-0.5", "0", [](ImageRequest& r) { r.eta = -0.5; }},
      {"subseed_strength", "2", "1", [](ImageRequest& r) { r.variation = Variation{1, 2}; }},
      {"seed_resize_from_w", "1000000", "4096",
       [](ImageRequest& r) { r.seed_resize_width = 1'000'000; }},
      {"seed_resize_from_h", "-8", "0", [](ImageRequest& r) { r.seed_resize_height = -8; }},
  };
}

std::vector<Refused> refused_pictures() {
  return {
      {"init_images", "0x0", "", [](ImageRequest& r) { init_in(r).picture = {}; }},
      {"mask", "0x0", "", [](ImageRequest& r) { inpaint_in(r).mask = {}; }},
      {"denoising_strength", "1.2", "1",
       [](ImageRequest& r) { init_in(r).denoising_strength = 1.2; }},
      {"resize_mode", "3", "", [](ImageRequest& r) { init_in(r).resize = ResizeMode::kLatent; }},
      {"mask_blur", "300", "256", [](ImageRequest& r) { inpaint_in(r).blur = 300; }},
      {"inpaint_full_res_padding", "-1", "0", [](ImageRequest& r) { inpaint_in(r).padding = -1; }},
      {"hr_resize_x", "100", "multiple of 8", [](ImageRequest& r) { hires_in(r).width = 100; }},
      {"hr_resize_y", "5000", "4096", [](ImageRequest& r) { hires_in(r).height = 5000; }},
      {"hr_second_pass_steps", "501", "500", [](ImageRequest& r) { hires_in(r).steps = 501; }},
      {"denoising_strength", "-0.1", "0",
       [](ImageRequest& r) { hires_in(r).denoising_strength = -0.1; }},
      {"hr_cfg", "101", "100", [](ImageRequest& r) { hires_in(r).cfg_scale = 101; }},
      {"hr_upscaler", "Magic", "Lanczos", [](ImageRequest& r) { hires_in(r).upscaler = "Magic"; }},
      {"hr_sampler_name", "Magic", "", [](ImageRequest& r) { hires_in(r).sampler = "Magic"; }},
      {"hr_scheduler", "Magic", "", [](ImageRequest& r) { hires_in(r).schedule = "Magic"; }},
      {"enable_hr", "", "", [](ImageRequest& r) { init_in(r), hires_in(r); }},
      {"sampler_name", "Magic", "", [](ImageRequest& r) { r.sampler = "Magic"; }},
      {"scheduler", "Magic", "", [](ImageRequest& r) { r.schedule = "Magic"; }},
  };
}

void expect_refused(const std::vector<Refused>& cases) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  for (const Refused& one : cases) {
    SCOPED_TRACE(one.field + " " + one.value);
    ImageRequest request = tiny_request();
    one.set(request);
    const auto checked = plan_drawing(request, *model);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().param, one.field);
    EXPECT_THAT(checked.error().message, HasSubstr(one.value));
    EXPECT_THAT(checked.error().message, HasSubstr(one.limit));
  }
}

TEST(DrawingRequest, ErrorsOfADrawingNameFieldValueAndLimit) { expect_refused(refused_drawings()); }

TEST(DrawingRequest, ErrorsOfPicturesAndSecondPassesNameFieldValueAndLimit) {
  expect_refused(refused_pictures());
}

TEST(DrawingRequest, WhatIsWithinTheLimitsPasses) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  ImageRequest request = tiny_request();
  EXPECT_TRUE(plan_drawing(request, *model));
  inpaint_in(request);
  EXPECT_TRUE(plan_drawing(request, *model));
  request.init.reset();
  hires_in(request);
  EXPECT_TRUE(plan_drawing(request, *model));
}

TEST(DrawingRequest, SeedsFollowEachOtherUnlessTheVariationDoes) {
  ImageRequest request{.seed = 40};
  EXPECT_EQ(seed_of(request, 2), 42U);
  EXPECT_EQ(noise_of(request, 2, 1).seed, 42U);
  request.variation = Variation{.seed = 7, .strength = 0.5};
  EXPECT_EQ(seed_of(request, 2), 40U);
  EXPECT_EQ(noise_of(request, 2, 1).variation_seed, 9U);
}

TEST(DrawingRequest, CountsTheStepsThatAreRun) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  ImageRequest request = tiny_request();
  request.steps = 10;
  EXPECT_EQ(plan_drawing(request, *model)->first_steps(), 10);
  init_in(request).denoising_strength = 0.5;
  EXPECT_EQ(plan_drawing(request, *model)->first_steps(), 6);
  request.init.reset();
  hires_in(request).denoising_strength = 0.5;
  EXPECT_EQ(plan_drawing(request, *model)->first_steps(), 10);
  EXPECT_EQ(plan_drawing(request, *model)->second_steps(), 10);
  request.hires->steps = 3;
  EXPECT_EQ(plan_drawing(request, *model)->second_steps(), 3);
}

}  // namespace
}  // namespace diptych
