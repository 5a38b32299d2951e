#include "image/pipeline/text_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "image/pipeline/drawing_request.h"
#include "image/pipeline/prompt_timeline.h"
#include "image/pipeline/testing/tiny_model.h"

namespace diptych {
namespace {

PromptPlan plan_of(const PictureModel& model, const std::string& prompt,
                   const std::string& negative = "") {
  const ImageRequest request{.prompt = prompt, .negative_prompt = negative};
  auto plan = plan_prompts(request, first_prompts(request), 0, model);
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return plan ? std::move(*plan) : PromptPlan{};
}

Conditioning encode(TextEncoder& encoder, const PromptPlan& plan,
                    const TextEncoding& options = {}) {
  auto encoded = encoder.encode(plan.positive.encodings.at(0), options, {});
  EXPECT_TRUE(encoded.has_value()) << encoded.error().message;
  return encoded ? std::move(*encoded) : Conditioning{};
}

bool all_zero(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values, [](float value) { return value == 0; });
}

TEST(TextEncoder, ASecondTimeRunsNothing) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const PromptPlan plan = plan_of(*model, "a (red:1.3) fox");
  const Conditioning first = encode(encoder, plan);
  EXPECT_EQ(model->compile_count(), 1);
  std::stop_source stopped;  // a run would be cancelled
  stopped.request_stop();
  const auto again = encoder.encode(plan.positive.encodings[0], {}, stopped.get_token());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->context.values, first.context.values);
  EXPECT_EQ(model->compile_count(), 1);
  const auto other =
      encoder.encode(plan_of(*model, "a cat").positive.encodings[0], {}, stopped.get_token());
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kCancelled);
}

TEST(TextEncoder, WhatChangesAnEncodingIsEncodedAnew) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const Conditioning plain = encode(encoder, plan_of(*model, "a red fox"));
  const PromptPlan weighted = plan_of(*model, "a (red:1.5) fox");
  const Conditioning scaled = encode(encoder, weighted);
  EXPECT_NE(scaled.context.values, plain.context.values);
  EXPECT_NE(encode(encoder, weighted, {.emphasis = EmphasisMode::kNoNorm}).context.values,
            scaled.context.values);
  EXPECT_EQ(encode(encoder, weighted, {.emphasis = EmphasisMode::kIgnore}).context.values,
            plain.context.values);
  EXPECT_NE(encode(encoder, weighted, {.clip_skip = 2}).context.values, scaled.context.values);
}

TEST(TextEncoder, AChunkIsSeventySevenRows) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const std::int64_t channels = model->text_parts()[0].config.channels;
  std::string long_prompt;
  for (int i = 0; i < 50; ++i) long_prompt += "cat ";
  for (const auto& [prompt, rows] : std::vector<std::pair<std::string, std::int64_t>>{
           {"", 77}, {"a fox", 77}, {"a fox BREAK at night", 154}, {long_prompt, 154}}) {
    const Conditioning encoded = encode(encoder, plan_of(*model, prompt));
    EXPECT_EQ(encoded.context.shape, (Shape{rows, channels})) << prompt;
  }
}

TEST(TextEncoder, PartsOfAPromptAreEncodedApart) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const PromptPlan plan = plan_of(*model, "a fox :1.2 AND snow BREAK at night :0.4", "blurry");
  const auto timeline = PromptTimeline::encode(encoder, plan, {}, {});
  ASSERT_TRUE(timeline.has_value()) << timeline.error().message;
  const StepPrompt step = timeline->at(1);
  ASSERT_EQ(step.parts.size(), 2U);
  EXPECT_EQ(step.parts[0].weight, 1.2);
  EXPECT_EQ(step.parts[0].conditioning->context.shape[0], 77);
  EXPECT_EQ(step.parts[1].weight, 0.4);
  EXPECT_EQ(step.parts[1].conditioning->context.shape[0], 154);
  EXPECT_EQ(step.negative->context.shape[0], 77);
}

TEST(TextEncoder, AnEmptyNegativePromptOfSdxlIsZeros) {
  const auto model = open_tiny_model("sdxl");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const auto empty = PromptTimeline::encode(encoder, plan_of(*model, "", ""), {}, {});
  ASSERT_TRUE(empty.has_value()) << empty.error().message;
  const StepPrompt step = empty->at(1);
  EXPECT_TRUE(all_zero(step.negative->context));
  EXPECT_TRUE(all_zero(step.negative->pooled));
  EXPECT_FALSE(all_zero(step.parts[0].conditioning->context));
  EXPECT_FALSE(all_zero(step.parts[0].conditioning->pooled));
  const auto given = PromptTimeline::encode(encoder, plan_of(*model, "", "blurry"), {}, {});
  ASSERT_TRUE(given.has_value()) << given.error().message;
  EXPECT_FALSE(all_zero(given->at(1).negative->context));
}

TEST(TextEncoder, TwoEncodersStandSideBySide) {
  const auto model = open_tiny_model("sdxl");
  ASSERT_NE(model, nullptr);
  TextEncoder encoder(*model);
  const Conditioning encoded = encode(encoder, plan_of(*model, "a fox"));
  const auto& parts = model->text_parts();
  EXPECT_EQ(encoded.context.shape,
            (Shape{77, parts[0].config.channels + parts[1].config.channels}));
  EXPECT_EQ(encoded.pooled.shape, (Shape{parts[1].config.projection_channels}));
}

}  // namespace
}  // namespace diptych
