// Drawings that are interrupted and go on from their record.

#include "image/pipeline/draw_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "image/pipeline/pipeline.h"
#include "image/pipeline/testing/tiny_model.h"
#include "image/samplers/solver_registry.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;

class DrawRecordTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = open_tiny_model("sd1");
    ASSERT_NE(model_, nullptr);
  }

  // A pipeline of its own each time, as after a restart.
  std::vector<Picture> draw(const ImageRequest& request, DrawHooks hooks = {}) {
    std::vector<Picture> pictures;
    hooks.picture = [&](DrawnPicture drawn) -> Status {
      pictures.push_back(std::move(drawn.picture));
      return {};
    };
    const auto drawing = Pipeline(*model_).draw(request, hooks);
    EXPECT_TRUE(drawing.has_value()) << drawing.error().message;
    if (drawing) last_ = *drawing;
    return pictures;
  }

  struct Interrupted {
    std::string record;
    std::vector<Picture> pictures;  // that were finished
  };
  // Ends after `steps` steps in all.
  Interrupted interrupt(const ImageRequest& request, int steps, std::uint64_t bytes_max = kPlenty) {
    Interrupted left;
    DrawRecord record(bytes_max);
    int seen = 0;
    const auto drawing =
        Pipeline(*model_).draw(request, {.progress = [&](const DrawProgress&) -> Status {
                                           if (++seen < steps) return {};
                                           left.record = record.encode();
                                           return fail(ErrorCode::kBudgetSpent, "power cut");
                                         },
                                         .picture = [&](DrawnPicture drawn) -> Status {
                                           left.pictures.push_back(std::move(drawn.picture));
                                           return {};
                                         },
                                         .record = &record});
    EXPECT_FALSE(drawing.has_value());
    return left;
  }

  struct GoneOn {
    std::vector<Picture> pictures;
    int steps = 0;  // that ran
  };
  GoneOn go_on(const ImageRequest& request, const std::string& bytes,
               std::uint64_t bytes_max = kPlenty) {
    auto record = DrawRecord::decode(bytes, bytes_max);
    EXPECT_TRUE(record.has_value()) << record.error().message;
    GoneOn result;
    if (!record) return result;
    result.pictures = draw(request, {.progress = [&](const DrawProgress&) -> Status {
                                       ++result.steps;
                                       return {};
                                     },
                                     .record = &*record});
    return result;
  }

  std::unique_ptr<PictureModel> model_;
  Drawing last_;
};

TEST_F(DrawRecordTest, EverySolverGoesOnFromEachStepAndDrawsTheSamePicture) {
  for (const SolverRow& solver : solver_rows()) {
    ImageRequest request = tiny_request();
    request.sampler = solver.name;
    std::vector<std::string> records;  // as they were after each step
    DrawRecord record(kPlenty);
    const auto whole = draw(request, {.progress = [&](const DrawProgress&) -> Status {
                                        records.push_back(record.encode());
                                        return {};
                                      },
                                      .record = &record});
    const int steps = static_cast<int>(records.size());
    ASSERT_GT(steps, 1) << solver.name;
    for (int step = 1; step <= steps; ++step) {
      const GoneOn rest = go_on(request, records[static_cast<std::size_t>(step - 1)]);
      EXPECT_EQ(rest.pictures, whole) << solver.name << " after step " << step;
      EXPECT_EQ(rest.steps, steps - step) << solver.name << " after step " << step;
    }
  }
}

TEST_F(DrawRecordTest, FinishedPicturesAreNotDrawnAgain) {
  ImageRequest request = tiny_request();
  request.sampler = "DPM++ 2M SDE";
  request.batch_size = 2;
  request.batch_count = 2;
  const auto whole = draw(request);
  ASSERT_EQ(whole.size(), 4U);
  Interrupted left = interrupt(request, 6);  // step 2 of the second batch
  ASSERT_EQ(left.pictures.size(), 2U);
  const GoneOn rest = go_on(request, left.record);
  EXPECT_EQ(rest.steps, 2);
  std::ranges::copy(rest.pictures, std::back_inserter(left.pictures));
  EXPECT_EQ(left.pictures, whole);
}

TEST_F(DrawRecordTest, ASecondPassGoesOnWhereItWas) {
  for (const char* upscaler : {"Latent", "Lanczos"}) {
    ImageRequest request = tiny_request();
    request.sampler = "Euler a";
    request.hires = Hires{.width = 96, .height = 96, .upscaler = upscaler, .steps = 3};
    const auto whole = draw(request);
    for (const int step : {2, 4, 5, 7}) {
      const GoneOn rest = go_on(request, interrupt(request, step).record);
      EXPECT_EQ(rest.pictures, whole) << upscaler << " after step " << step;
      EXPECT_EQ(rest.steps, 7 - step) << upscaler << " after step " << step;
    }
  }
}

TEST_F(DrawRecordTest, AMaskedPictureGoesOnWhereItWas) {
  ImageRequest request = tiny_request();
  request.init = InitImage{.picture = gradient(64, 64), .denoising_strength = 1};
  request.init->inpaint =
      Inpaint{.mask = mask_with(64, 64, {8, 8, 56, 56}), .content = MaskedContent::kLatentNoise};
  const auto whole = draw(request);
  EXPECT_EQ(go_on(request, interrupt(request, 2).record).pictures, whole);
}

TEST_F(DrawRecordTest, PastItsBoundItGoesOnFromAnEarlierStep) {
  const ImageRequest request = tiny_request();
  const std::uint64_t one_answer = std::uint64_t{4} * 8 * 8 * sizeof(float);
  const auto whole = draw(request);
  const Interrupted left = interrupt(request, 4, 2 * one_answer + 1);
  const auto record = DrawRecord::decode(left.record, kPlenty);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->answers().size(), 2U);
  const GoneOn rest = go_on(request, left.record);
  EXPECT_EQ(rest.pictures, whole);
  EXPECT_EQ(rest.steps, 2);
}

TEST_F(DrawRecordTest, WarningsOfFinishedPicturesAreKept) {
  ImageRequest request = tiny_request();
  request.prompt = "a fox <lora:winter:0.8>";
  request.batch_count = 2;
  draw(request);
  const Warnings told = last_.warnings;
  ASSERT_FALSE(told.empty());
  go_on(request, interrupt(request, 5).record);
  ASSERT_EQ(last_.warnings.size(), told.size());
  EXPECT_EQ(last_.warnings.front().message, told.front().message);
}

TEST_F(DrawRecordTest, ASkippedPictureIsLeftAndTold) {
  ImageRequest request = tiny_request();
  request.batch_count = 3;
  const auto whole = draw(request);
  int asked = 0;
  const auto rest = draw(request, {.skip = [&] { return ++asked == 6; }});
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0], whole[0]);
  EXPECT_EQ(rest[1], whole[2]);
  ASSERT_EQ(last_.warnings.size(), 1U);
  EXPECT_THAT(last_.warnings[0].message, HasSubstr("picture 2 was skipped after step 2"));
}

TEST_F(DrawRecordTest, ARecordOfAnotherDrawingIsAnError) {
  const Interrupted left = interrupt(tiny_request(), 2);
  auto record = DrawRecord::decode(left.record, kPlenty);
  ASSERT_TRUE(record.has_value());
  ImageRequest other = tiny_request();
  other.width = 96;
  const auto drawing = Pipeline(*model_).draw(other, {.record = &*record});
  ASSERT_FALSE(drawing.has_value());
  EXPECT_EQ(drawing.error().code, ErrorCode::kConflict);
}

TEST_F(DrawRecordTest, BrokenBytesAreAnError) {
  const std::string good = interrupt(tiny_request(), 2).record;
  EXPECT_TRUE(DrawRecord::decode(good, kPlenty).has_value());
  for (std::size_t length = 0; length < good.size(); length += 7)
    EXPECT_FALSE(DrawRecord::decode(good.substr(0, length), kPlenty).has_value()) << length;
  EXPECT_FALSE(DrawRecord::decode(good + "x", kPlenty).has_value());
  std::string huge = good;
  huge.replace(huge.find("[1,4,8,8]"), 9, "[9,9,9,9]");
  EXPECT_FALSE(DrawRecord::decode(huge, kPlenty).has_value());
}

}  // namespace
}  // namespace diptych
