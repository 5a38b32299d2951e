#include "image/pipeline/request_infotext.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace diptych {
namespace {

using ::testing::HasSubstr;

// Every field that the text holds, for comparison.
std::string told(const Inpaint& inpaint) {
  return fmt::format(" blur={} inverted={} content={} only={} padding={} soft={}", inpaint.blur,
                     inpaint.inverted, std::to_underlying(inpaint.content), inpaint.only_masked,
                     inpaint.padding, inpaint.soft);
}

std::string told(const Hires& hires) {
  return fmt::format(" hires {}x{} {} {} {} {} {} {} {} {}", hires.width, hires.height,
                     hires.upscaler, hires.steps, hires.denoising_strength,
                     hires.prompt.value_or("none"), hires.negative_prompt.value_or("none"),
                     hires.cfg_scale.value_or(-1), hires.sampler, hires.schedule);
}

std::string told(const ImageRequest& r) {
  std::string text = fmt::format(
      "{}|{}|{} {} {}x{} steps={} cfg={} rescale={} seed={} {} {} skip={} noise={} eta={} ensd={} "
      "resize={}x{}",
      r.prompt, r.negative_prompt, std::to_underlying(r.prompt_parser),
      std::to_underlying(r.emphasis), r.width, r.height, r.steps, r.cfg_scale, r.cfg_rescale,
      r.seed, r.sampler, r.schedule, r.clip_skip, name_of(r.noise), r.eta.value_or(-1),
      r.eta_noise_seed_delta, r.seed_resize_width, r.seed_resize_height);
  if (r.variation)
    text += fmt::format(" variation {} {}", r.variation->seed, r.variation->strength);
  if (r.init)
    text +=
        fmt::format(" init {} {}", r.init->denoising_strength, std::to_underlying(r.init->resize));
  if (r.init && r.init->inpaint) text += told(*r.init->inpaint);
  if (r.hires) text += told(*r.hires);
  return text;
}

DrawnFacts facts_for(const ImageRequest& request) {
  return {
      .seed = static_cast<std::uint64_t>(request.seed),
      .variation_seed = static_cast<std::uint64_t>(request.variation ? request.variation->seed : 0),
      .sampler = request.sampler.empty() ? "DPM++ 2M" : request.sampler,
      .schedule = request.schedule.empty() ? "Trailing" : request.schedule,
      .model = "tiny, model: v1",
      .model_hash = "0123456789",
      .version = "Diptych"};
}

ImageRequest plain_request() { return {.sampler = "Euler", .schedule = "Karras"}; }

struct FieldCase {
  std::string name;
  std::function<void(ImageRequest&)> set;
};

Inpaint& masked(ImageRequest& request) {
  request.init.emplace();
  return request.init->inpaint.emplace();
}

Hires& second_pass_of(ImageRequest& request) {
  request.hires = Hires{.width = 1024, .height = 768};
  return *request.hires;
}

std::vector<FieldCase> first_fields() {
  return {
      {"prompt", [](ImageRequest& r) { r.prompt = "a cat, (red:1.2)\nin the \"snow\""; }},
      {"negative", [](ImageRequest& r) { r.negative_prompt = "blurry: bad\nworse"; }},
      {"parser", [](ImageRequest& r) { r.prompt_parser = AttentionSyntax::kCompel; }},
      {"emphasis", [](ImageRequest& r) { r.emphasis = EmphasisMode::kNoNorm; }},
      {"size", [](ImageRequest& r) { r.width = 640, r.height = 384; }},
      {"steps", [](ImageRequest& r) { r.steps = 33; }},
      {"cfg", [](ImageRequest& r) { r.cfg_scale = 4.35; }},
      {"rescale", [](ImageRequest& r) { r.cfg_rescale = 0.7; }},
      {"seed", [](ImageRequest& r) { r.seed = 4294967295123; }},
      {"sampler", [](ImageRequest& r) { r.sampler = "DPM++ 2M SDE"; }},
      {"schedule", [](ImageRequest& r) { r.schedule = "SGM Uniform"; }},
      {"own scheduler", [](ImageRequest& r) { r.sampler.clear(), r.schedule.clear(); }},
      {"clip skip", [](ImageRequest& r) { r.clip_skip = 2; }},
      {"noise", [](ImageRequest& r) { r.noise = {RandomSource::Kind::kNv}; }},
      {"gpu", [](ImageRequest& r) { r.noise = {RandomSource::Kind::kGpu, 196608}; }},
      {"eta", [](ImageRequest& r) { r.eta = 0; }},
      {"ensd", [](ImageRequest& r) { r.eta_noise_seed_delta = -31337; }},
      {"variation", [](ImageRequest& r) { r.variation = Variation{.seed = 5, .strength = 0.25}; }},
      {"resize", [](ImageRequest& r) { r.seed_resize_width = 512, r.seed_resize_height = 384; }},
  };
}

std::vector<FieldCase> picture_fields() {
  return {
      {"strength", [](ImageRequest& r) { r.init.emplace().denoising_strength = 0.31; }},
      {"crop", [](ImageRequest& r) { r.init.emplace().resize = ResizeMode::kCrop; }},
      {"mask", [](ImageRequest& r) { masked(r); }},
      {"blur", [](ImageRequest& r) { masked(r).blur = 1.5; }},
      {"inverted", [](ImageRequest& r) { masked(r).inverted = true; }},
      {"content", [](ImageRequest& r) { masked(r).content = MaskedContent::kLatentNoise; }},
      {"soft", [](ImageRequest& r) { masked(r).soft = true; }},
      {"only masked",
       [](ImageRequest& r) {
         masked(r).only_masked = true;
         r.init->inpaint->padding = 12;
       }},
      {"hires", [](ImageRequest& r) { second_pass_of(r); }},
      {"hires strength", [](ImageRequest& r) { second_pass_of(r).denoising_strength = 0.42; }},
      {"hires steps", [](ImageRequest& r) { second_pass_of(r).steps = 9; }},
      {"hires upscaler", [](ImageRequest& r) { second_pass_of(r).upscaler = "Lanczos"; }},
      {"hires prompt", [](ImageRequest& r) { second_pass_of(r).prompt = "finer, b: c"; }},
      {"hires negative", [](ImageRequest& r) { second_pass_of(r).negative_prompt = "noise"; }},
      {"hires cfg", [](ImageRequest& r) { second_pass_of(r).cfg_scale = 3.5; }},
      {"hires sampler", [](ImageRequest& r) { second_pass_of(r).sampler = "Heun"; }},
      {"hires schedule", [](ImageRequest& r) { second_pass_of(r).schedule = "Beta"; }},
  };
}

void expect_round_trips(const std::vector<FieldCase>& cases) {
  for (const FieldCase& one : cases) {
    SCOPED_TRACE(one.name);
    ImageRequest request = plain_request();
    one.set(request);
    ASSERT_NE(told(request), told(plain_request()));
    const WrittenInfotext written = write_infotext(to_infotext(request, facts_for(request)));
    const auto read = from_infotext(parse_infotext(written.text));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(told(read->request), told(request)) << written.text;
    for (const Warning& warning : read->warnings) ADD_FAILURE() << warning.message;
  }
}

TEST(RequestInfotext, RestoresEveryFieldOfADrawing) { expect_round_trips(first_fields()); }

TEST(RequestInfotext, RestoresEveryFieldOfInitImagesAndSecondPasses) {
  expect_round_trips(picture_fields());
}

TEST(RequestInfotext, ReadsTheSecondPassOfAFactor) {
  const auto read = from_infotext(
      parse_infotext("a cat\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x768, "
                     "Denoising strength: 0.5, Hires upscale: 1.5, Hires upscaler: Latent"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_FALSE(read->request.init.has_value());
  ASSERT_TRUE(read->request.hires.has_value());
  EXPECT_EQ(read->request.hires->width, 768);
  EXPECT_EQ(read->request.hires->height, 1152);
  EXPECT_EQ(read->request.hires->denoising_strength, 0.5);
}

TEST(RequestInfotext, WarnsOfKeysThatItDoesNotUse) {
  const auto read = from_infotext(
      parse_infotext("a cat\nSteps: 20, Sampler: Euler, Seed: 1, Refiner: other, Tiling: True"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->warnings.size(), 2U);
  EXPECT_EQ(read->warnings[0].param, "Refiner");
  EXPECT_THAT(read->warnings[0].message, HasSubstr("other"));
  EXPECT_EQ(read->warnings[1].param, "Tiling");
}

TEST(RequestInfotext, ErrorsNameTheKeyAndItsValue) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"Steps", "many"},
           {"Steps", "99999999999"},
           {"CFG scale", "high"},
           {"Seed", "1.5"},
           {"Size", "512"},
           {"Seed resize from", "big"},
           {"Clip skip", "two"},
           {"Variation seed strength", "much"},
           {"ENSD", "9999999999"},
           {"RNG", "dice"},
           {"Own scheduler", "perhaps"},
           {"Emphasis", "loud"},
           {"Parser", "none such"},
           {"Resize mode", "none such"},
           {"Denoising strength", "strong"},
           {"Mask blur", "soft"},
           {"Mask mode", "Inpaint something"},
           {"Masked content", "gold"},
           {"Inpaint area", "Nowhere"},
           {"Masked area padding", "wide"},
           {"Hires resize", "double"},
           {"Hires upscale", "twice"},
           {"Hires steps", "few"},
           {"Hires CFG Scale", "x"},
           {"Eta", "none"},
           {"CFG rescale", "some"},
       }) {
    Infotext text;
    text.set(key, value);
    const auto read = from_infotext(text);
    ASSERT_FALSE(read.has_value()) << key << ": " << value;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument) << key;
    EXPECT_THAT(read.error().message, HasSubstr(key));
    EXPECT_THAT(read.error().message, HasSubstr(value));
  }
}

}  // namespace
}  // namespace diptych
