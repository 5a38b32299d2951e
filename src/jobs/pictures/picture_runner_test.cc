#include "jobs/pictures/picture_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "image/pipeline/pipeline.h"
#include "jobs/pictures/testing/recorded_context.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

constexpr Duration kAlways = Duration::zero();

class PictureRunnerTest : public testing::Test {
 protected:
  JobResult run(const PictureJob& job, RecordedContext& context,
                PictureRunnerOptions options = {}) {
    auto result = pictures_.run(job, context, std::move(options));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result ? std::move(*result) : JobResult{};
  }
  JobResult run(const PictureJob& job) {
    RecordedContext context(blobs_);
    return run(job, context);
  }
  Error error_of(const PictureJob& job) {
    RecordedContext context(blobs_);
    const auto result = pictures_.run(job, context);
    EXPECT_FALSE(result.has_value());
    return result ? Error{} : result.error();
  }
  std::string put(const Picture& picture) {
    RecordedContext context(blobs_);
    return *context.put_blob(encode_picture(picture, {})->bytes);
  }

  Blobs blobs_;
  TinyPictures pictures_;
};

void expect_same_outputs(const JobResult& a, const JobResult& b) {
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    EXPECT_EQ(a.outputs[i].blob, b.outputs[i].blob) << i;
    EXPECT_EQ(a.outputs[i].metadata, b.outputs[i].metadata) << i;
    EXPECT_EQ(a.outputs[i].size_bytes, b.outputs[i].size_bytes) << i;
  }
}

TEST_F(PictureRunnerTest, AFileIsWhatThePipelineDraws) {
  const JobResult result = run(tiny_job());
  ASSERT_EQ(result.outputs.size(), 1U);
  const auto model = open_tiny_model("sd1");
  const auto drawing = Pipeline(*model).draw(tiny_request(), {});
  ASSERT_TRUE(drawing.has_value()) << drawing.error().message;
  PictureEncoding encoding;
  encoding.texts.push_back({std::string(kParametersKeyword), drawing->pictures[0].infotext});
  const std::string expected = encode_picture(drawing->pictures[0].picture, encoding)->bytes;
  EXPECT_TRUE(blobs_[result.outputs[0].blob] == expected);
  EXPECT_EQ(result.outputs[0].size_bytes, expected.size());
  EXPECT_EQ(result.outputs[0].content_type, "image/png");
}

TEST_F(PictureRunnerTest, MetadataAndBillSayWhatWasDrawn) {
  PictureJob job = tiny_job();
  job.request.batch_count = 2;
  const JobResult result = run(job);
  ASSERT_EQ(result.outputs.size(), 2U);
  const auto metadata = parse_json(result.outputs[1].metadata);
  ASSERT_TRUE(metadata.has_value());
  EXPECT_EQ((*metadata)["seed"], Json(8));
  EXPECT_EQ((*metadata)["width"], Json(64));
  EXPECT_EQ((*metadata)["model"], Json("tiny"));
  EXPECT_EQ((*metadata)["prompt"], Json(job.request.prompt));
  EXPECT_THAT((*metadata)["infotext"].as_string(), HasSubstr("Seed: 8"));
  EXPECT_EQ(result.bill.owner, "key_1");
  EXPECT_EQ(result.bill.model, "tiny");
  EXPECT_EQ(result.bill.kind, "picture");
  EXPECT_EQ(result.bill.images, 2);
  EXPECT_EQ(result.bill.pixel_steps, 2 * 64 * 64 * 4);
}

TEST_F(PictureRunnerTest, FromEveryCheckpointTheSameFilesComeOut) {
  PictureJob job = tiny_job();
  job.request.sampler = "DPM++ 2M SDE";
  job.request.batch_count = 3;
  job.request.prompt = "a fox <lora:winter:1>";  // a warning
  RecordedContext whole(blobs_);
  const JobResult expected = run(job, whole, {.checkpoint_interval = kAlways});
  ASSERT_EQ(expected.outputs.size(), 3U);
  ASSERT_GT(whole.checkpoints.size(), 12U);
  int steps_before = 100;
  for (const std::string& checkpoint : whole.checkpoints) {
    RecordedContext context(blobs_, checkpoint);
    const JobResult result = run(job, context, {.checkpoint_interval = std::chrono::hours(1)});
    expect_same_outputs(result, expected);
    EXPECT_EQ(result.warnings.size(), expected.warnings.size());
    EXPECT_EQ(result.bill.pixel_steps, expected.bill.pixel_steps);
    int steps = 0;
    for (const JobProgress& one : context.told) steps += one.phase == "drawing" && one.step > 0;
    EXPECT_LE(steps, steps_before);
    steps_before = steps;
  }
  EXPECT_LE(steps_before, 2) << "the last checkpoint leaves next to nothing to do";
}

TEST_F(PictureRunnerTest, ACheckpointThatDoesNotFitIsPassedOver) {
  PictureJob job = tiny_job();
  RecordedContext first(blobs_);
  const JobResult expected = run(job, first, {.checkpoint_interval = kAlways});
  PictureJob other = job;
  other.request.seed = 99;
  RecordedContext second(blobs_);
  run(other, second, {.checkpoint_interval = kAlways});
  for (const std::string& checkpoint : {second.checkpoints.back(), std::string("nonsense")}) {
    RecordedContext context(blobs_, checkpoint);
    expect_same_outputs(run(job, context), expected);
  }
  RecordedContext context(blobs_, first.checkpoints.back());
  expect_same_outputs(run(job, context, {.program_version = "another"}), expected);
}

TEST_F(PictureRunnerTest, AFinishedFileThatIsGoneIsDrawnAgain) {
  PictureJob job = tiny_job();
  job.request.batch_count = 2;
  RecordedContext whole(blobs_);
  const JobResult expected = run(job, whole, {.checkpoint_interval = kAlways});
  blobs_.erase(expected.outputs[0].blob);
  RecordedContext context(blobs_, whole.checkpoints.back());
  expect_same_outputs(run(job, context), expected);
  EXPECT_TRUE(blobs_.contains(expected.outputs[0].blob));
}

TEST_F(PictureRunnerTest, CheckpointsComeAtTheIntervalAndAfterEachBatch) {
  PictureJob job = tiny_job();
  job.request.batch_count = 2;
  RecordedContext context(blobs_);
  context.on_progress = [this](const JobProgress& progress) {
    if (progress.phase == "drawing") pictures_.clock.advance(std::chrono::seconds(2));
  };
  run(job, context, {.checkpoint_interval = std::chrono::seconds(5)});
  EXPECT_GE(context.checkpoints.size(), 3U);
  EXPECT_LE(context.checkpoints.size(), 5U);
}

TEST_F(PictureRunnerTest, ProgressTellsPhasesStepsRateAndTimeLeft) {
  PictureJob job = tiny_job();
  job.request.batch_count = 2;
  RecordedContext context(blobs_);
  context.on_progress = [this](const JobProgress& progress) {
    if (progress.phase == "drawing") pictures_.clock.advance(std::chrono::milliseconds(250));
  };
  run(job, context);
  std::vector<std::string> phases;
  double fraction = 0;
  for (const JobProgress& one : context.told) {
    if (phases.empty() || phases.back() != one.phase) phases.push_back(one.phase);
    EXPECT_GE(one.fraction, fraction);
    fraction = one.fraction;
    EXPECT_LE(one.step, one.step_count);
  }
  EXPECT_EQ(phases.front(), "loading_model");
  EXPECT_EQ(phases.back(), "saving");
  for (const char* phase : {"encoding", "drawing", "decoding"})
    EXPECT_THAT(phases, ::testing::Contains(phase));
  EXPECT_GT(fraction, 0.9);
  const JobProgress* last_step = nullptr;
  for (const JobProgress& one : context.told)
    if (one.phase == "drawing" && one.step == 3) last_step = &one;
  ASSERT_NE(last_step, nullptr);
  EXPECT_EQ(last_step->step_count, 4);
  EXPECT_NEAR(last_step->steps_per_second.value_or(0), 4, 0.1);
  EXPECT_NEAR(static_cast<double>(last_step->eta_ms.value_or(0)), 250, 10);
}

TEST_F(PictureRunnerTest, AStopEndsItWithinAStepAndTheNextJobRuns) {
  const JobResult expected = run(tiny_job());
  RecordedContext context(blobs_);
  int steps = 0;
  context.on_progress = [&](const JobProgress& progress) {
    if (progress.phase == "drawing" && progress.step > 0) ++steps;
    if (progress.step == 2) context.request_stop();
  };
  const auto result = pictures_.run(tiny_job(), context);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(steps, 2);
  expect_same_outputs(run(tiny_job()), expected);
}

TEST_F(PictureRunnerTest, ALostLeaseEndsItAndAFullDiskDoesNot) {
  RecordedContext lost(blobs_);
  lost.save_answer = fail(ErrorCode::kConflict, "the lease is lost");
  const auto result = pictures_.run(tiny_job(), lost, {.checkpoint_interval = kAlways});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  RecordedContext full(blobs_);
  full.save_answer = fail(ErrorCode::kIo, "no space left on device");
  EXPECT_EQ(run(tiny_job(), full, {.checkpoint_interval = kAlways}).outputs.size(), 1U);
}

TEST_F(PictureRunnerTest, ASkippedPictureIsLeftOutAndTold) {
  PictureJob job = tiny_job();
  job.request.batch_count = 2;
  const JobResult both = run(job);
  RecordedContext context(blobs_);
  bool asked = false;
  context.on_progress = [&](const JobProgress& progress) {
    if (progress.step == 2 && !std::exchange(asked, true)) context.skip = true;
  };
  const JobResult result = run(job, context);
  ASSERT_EQ(result.outputs.size(), 1U);
  EXPECT_EQ(result.outputs[0].blob, both.outputs[1].blob);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_THAT(result.warnings[0].message, HasSubstr("picture 1 was skipped"));
}

TEST_F(PictureRunnerTest, PreviewsComeWhenSomebodyWatchesAtMostTwoASecond) {
  PictureJob job = tiny_job();
  job.request.steps = 12;
  RecordedContext nobody(blobs_);
  run(job, nobody);
  EXPECT_TRUE(nobody.previews.empty());
  RecordedContext watched(blobs_);
  watched.is_watched = true;
  watched.on_progress = [this](const JobProgress& progress) {
    if (progress.phase == "drawing") pictures_.clock.advance(std::chrono::milliseconds(100));
  };
  run(job, watched);
  EXPECT_GE(watched.previews.size(), 2U);
  EXPECT_LE(watched.previews.size(), 4U);
  const auto decoded = decode_picture(*watched.previews[0].bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->format, PictureFormat::kJpeg);
  EXPECT_EQ(decoded->picture.width, 64);
  EXPECT_EQ(watched.previews[0].content_type, "image/jpeg");
  EXPECT_GT(watched.previews[1].step, watched.previews[0].step);
}

TEST_F(PictureRunnerTest, PreviewsThatAreAskedForComeAtTheirSteps) {
  PictureJob job = tiny_job();
  job.request.steps = 7;
  job.preview_every = 3;
  RecordedContext context(blobs_);
  run(job, context);
  ASSERT_EQ(context.previews.size(), 2U);
  EXPECT_EQ(context.previews[0].step, 3);
  EXPECT_EQ(context.previews[1].step, 6);
}

TEST_F(PictureRunnerTest, FilesAreOfTheFormatThatIsAskedFor) {
  for (const PictureFormat format :
       {PictureFormat::kPng, PictureFormat::kJpeg, PictureFormat::kWebp})
    for (const bool with_text : {true, false}) {
      PictureJob job = tiny_job();
      job.file = format;
      job.write_infotext = with_text;
      const JobResult result = run(job);
      ASSERT_EQ(result.outputs.size(), 1U);
      const auto decoded = decode_picture(blobs_[result.outputs[0].blob]);
      ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
      EXPECT_EQ(decoded->format, format);
      EXPECT_EQ(find_text(decoded->texts, kParametersKeyword) != nullptr, with_text);
      EXPECT_EQ(result.outputs[0].content_type, mime_type_of(format));
    }
}

TEST_F(PictureRunnerTest, APictureToStartFromIsABlob) {
  PictureJob job = tiny_job();
  job.request.init = InitImage{.denoising_strength = 0.5};
  job.request.init->inpaint = Inpaint{};
  job.init_blob = put(gradient(64, 64));
  job.mask_blob = put(mask_with(64, 64, {16, 16, 48, 48}));
  const JobResult result = run(job);
  ASSERT_EQ(result.outputs.size(), 1U);
  ImageRequest request = job.request;
  request.init->picture = gradient(64, 64);
  request.init->inpaint->mask = mask_with(64, 64, {16, 16, 48, 48});
  const auto model = open_tiny_model("sd1");
  const auto drawing = Pipeline(*model).draw(request, {});
  ASSERT_TRUE(drawing.has_value()) << drawing.error().message;
  EXPECT_EQ(decode_picture(blobs_[result.outputs[0].blob])->picture, drawing->pictures[0].picture);
}

TEST_F(PictureRunnerTest, WhatCannotBeDrawnIsNamed) {
  PictureJob job = tiny_job();
  job.model = "nowhere";
  EXPECT_EQ(error_of(job).code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of(job).message, HasSubstr("there are tiny"));
  job = tiny_job();
  job.transparent = true;
  EXPECT_EQ(error_of(job).param, "transparent");
  job = tiny_job();
  job.request.width = 65;
  EXPECT_EQ(error_of(job).param, "width");
  job = tiny_job();
  job.request.init = InitImage{};
  job.init_blob = "ab12";
  EXPECT_EQ(error_of(job).code, ErrorCode::kNotFound);
  RecordedContext context(blobs_);
  job.init_blob = *context.put_blob("no picture");
  EXPECT_EQ(error_of(job).param, "init_images");
}

}  // namespace
}  // namespace diptych
