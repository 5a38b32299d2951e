#include "jobs/pictures/resident_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "jobs/pictures/local_picture_catalog.h"
#include "jobs/pictures/testing/recorded_context.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ResidentModelsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        Path(testing::TempDir()) /
        ("resident-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A model of the fixtures in the models folder.
  void add(const std::string& name, const std::string& fixture) {
    std::filesystem::copy(fixture_folder() / fixture / "pipeline", folder_ / name,
                          std::filesystem::copy_options::recursive);
  }
  std::string draw(TinyPictures& pictures, const std::string& model) {
    PictureJob job = tiny_job();
    job.model = model;
    RecordedContext context(blobs_);
    const auto result = pictures.run(job, context);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result ? result->outputs[0].blob : "";
  }

  Path folder_;
  Blobs blobs_;
};

TEST_F(ResidentModelsTest, ModelsOfTheFolderAreListedWithWhatTheyAre) {
  add("Second Model", "sd2_v");
  add("paint", "inpaint");
  std::ofstream(folder_ / "broken.safetensors") << "nothing";
  TinyPictures pictures(folder_);
  const auto catalog = make_local_picture_catalog(pictures.library, pictures.models);
  const auto models = catalog->models();
  ASSERT_EQ(models.size(), 4U);
  EXPECT_EQ(models[0].id, "tiny");
  EXPECT_EQ(models[0].family, "sd1");
  EXPECT_EQ(models[0].problem, "");
  EXPECT_GT(models[0].size_bytes, 1000U);
  EXPECT_EQ(models[1].id, "broken");
  EXPECT_EQ(models[1].family, "");
  EXPECT_NE(models[1].problem, "");
  EXPECT_EQ(models[2].id, "paint");
  EXPECT_TRUE(models[2].is_inpainting);
  EXPECT_EQ(models[3].id, "second-model");
  EXPECT_EQ(models[3].title, "Second Model");
  EXPECT_EQ(models[3].family, "sd2");
  EXPECT_EQ(catalog->default_model(), "tiny");
  EXPECT_EQ(catalog->find("Second Model")->id, "second-model");
  const auto missing = catalog->find("third");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("second-model"));
}

TEST_F(ResidentModelsTest, AModelThatIsAddedIsSeen) {
  TinyPictures pictures(folder_);
  EXPECT_EQ(pictures.library.list().size(), 1U);
  add("second", "sd2_v");
  pictures.library.refresh();
  EXPECT_EQ(pictures.library.list().size(), 2U);
}

TEST_F(ResidentModelsTest, SeveralModelsStayWithinTheBound) {
  add("second", "sd2_v");
  TinyPictures pictures(folder_);
  EXPECT_THAT(pictures.models.resident(), IsEmpty());
  const std::string first = draw(pictures, "tiny");
  EXPECT_THAT(pictures.models.resident(), ElementsAre("tiny"));
  draw(pictures, "second");
  EXPECT_THAT(pictures.models.resident(), ElementsAre("second", "tiny"));
  EXPECT_EQ(draw(pictures, "tiny"), first);
  ASSERT_TRUE(pictures.models.unload("tiny"));
  EXPECT_THAT(pictures.models.resident(), ElementsAre("second"));
  EXPECT_EQ(pictures.models.unload("tiny").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(draw(pictures, "tiny"), first);
}

TEST_F(ResidentModelsTest, TheLeastRecentlyUsedModelMakesRoom) {
  add("second", "sd2_v");
  std::uint64_t one = 0;
  {
    TinyPictures roomy(folder_);
    const auto use = roomy.models.use("tiny");
    ASSERT_TRUE(use.has_value());
    one = use->model().weight_bytes();
  }
  TinyPictures pictures(folder_, one * 9 / 8);
  const std::string first = draw(pictures, "tiny");
  draw(pictures, "second");
  EXPECT_THAT(pictures.models.resident(), ElementsAre("second"));
  EXPECT_EQ(draw(pictures, "tiny"), first);
}

TEST_F(ResidentModelsTest, AModelLargerThanTheBoundIsRefusedAndTheOthersStay) {
  TinyPictures pictures(folder_, 1000);
  RecordedContext context(blobs_);
  const auto result = pictures.run(tiny_job(), context);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kOutOfMemory);
  EXPECT_THAT(result.error().message, HasSubstr("pictures.memory_bytes_max"));
}

TEST_F(ResidentModelsTest, AFailedLoadLeavesTheOldModelServing) {
  std::ofstream(folder_ / "broken.safetensors") << "nothing";
  TinyPictures pictures(folder_);
  const std::string first = draw(pictures, "tiny");
  EXPECT_FALSE(pictures.models.load("broken").has_value());
  EXPECT_FALSE(pictures.models.use("broken").has_value());
  EXPECT_THAT(pictures.models.resident(), ElementsAre("tiny"));
  EXPECT_EQ(draw(pictures, "tiny"), first);
}

TEST_F(ResidentModelsTest, TheSameFilesUnderTwoNamesAreCompiledOnce) {
  std::filesystem::create_directory_symlink(fixture_folder() / "sd1" / "pipeline",
                                            folder_ / "again");
  TinyPictures pictures(folder_);
  const std::string first = draw(pictures, "tiny");
  const auto compiled = [&] { return pictures.models.use("tiny")->model().compile_count(); };
  const int before = compiled();
  draw(pictures, "again");
  EXPECT_EQ(compiled(), before);
  EXPECT_THAT(pictures.models.resident(), ElementsAre("again", "tiny"));
}

TEST_F(ResidentModelsTest, AModelInUseIsUnloadedWhenItIsGivenBack) {
  TinyPictures pictures(folder_);
  draw(pictures, "tiny");
  {
    const auto use = pictures.models.use("tiny");
    ASSERT_TRUE(use.has_value());
    EXPECT_TRUE(pictures.models.unload("tiny"));
    EXPECT_THAT(pictures.models.resident(), ElementsAre("tiny"));
  }
  EXPECT_THAT(pictures.models.resident(), IsEmpty());
}

TEST_F(ResidentModelsTest, ATinyAutoencoderInTheModelsFolderMakesThePreviews) {
  PictureJob job = tiny_job();
  job.preview_every = 3;
  const auto preview = [&] {
    TinyPictures pictures(folder_);
    RecordedContext context(blobs_);
    EXPECT_TRUE(pictures.run(job, context).has_value());
    return context.previews.size() == 1 ? *context.previews[0].bytes : "";
  };
  const std::string by_its_own = preview();
  EXPECT_EQ(preview(), by_its_own);
  const Path tiny = folder_ / "vae-approx" / "taesd";
  const Path variants = Path(DIPTYCH_TEST_DATA) / "model_variants";
  std::filesystem::create_directories(tiny);
  std::filesystem::copy(variants / "tiny_vae.json", tiny / "config.json");
  std::filesystem::copy(variants / "tiny_vae.safetensors",
                        tiny / "diffusion_pytorch_model.safetensors");
  const std::string by_the_tiny_one = preview();
  ASSERT_NE(by_the_tiny_one, "");
  EXPECT_NE(by_the_tiny_one, by_its_own);
  std::filesystem::remove(tiny / "config.json");
  EXPECT_EQ(preview(), by_its_own) << "one that cannot be read is passed over";
}

TEST_F(ResidentModelsTest, WhatAModelCannotDrawIsSaidBeforeAJobIsAccepted) {
  TinyPictures pictures(folder_);
  EXPECT_TRUE(pictures.models.check(tiny_job()));
  PictureJob job = tiny_job();
  job.request.sampler = "Ouija";
  EXPECT_EQ(pictures.models.check(job).error().param, "sampler_name");
  job = tiny_job();
  job.request.init = InitImage{.denoising_strength = 2};
  EXPECT_EQ(pictures.models.check(job).error().param, "denoising_strength");
  job.request.init->denoising_strength = 0.5;
  EXPECT_TRUE(pictures.models.check(job));
  job.model = "nowhere";
  EXPECT_EQ(pictures.models.check(job).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(pictures.models.resident(), IsEmpty());
}

}  // namespace
}  // namespace diptych
