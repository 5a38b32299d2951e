#include "image/models/save_checkpoint.h"
#include "image/models/testing/checkpoint_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"
#include "formats/weight_file.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
  for (const auto part : kParts) {
    ASSERT_EQ(static_cast<bool>(a.*part), static_cast<bool>(b.*part));
    if (!(a.*part)) continue;
    expect_equal(*(a.*part).weights, *(b.*part).weights);
    EXPECT_EQ((a.*part).config, (b.*part).config);
  }
  EXPECT_EQ(a.family, b.family);
  EXPECT_EQ(a.scheduler, b.scheduler);
  EXPECT_EQ(a.prediction, b.prediction);
}

class RoundTrip : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Families, RoundTrip, testing::Values("sd1", "sd2_v", "sdxl", "inpaint"));

TEST_P(RoundTrip, FolderToFileToFolderKeepsEveryBit) {
  const auto original = open_checkpoint(fixture_folder() / GetParam() / "pipeline");
  ASSERT_TRUE(original) << original.error().message;
  const TempFolder temp;
  std::uint64_t done = 0;
  std::uint64_t in_all = 0;
  const Status saved = save_single_file(
      *original, temp.file("a.safetensors"),
      {.progress = [&](std::uint64_t now, std::uint64_t all) { done = now, in_all = all; }});
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(done, in_all);
  const auto file = open_checkpoint(temp.file("a.safetensors"));
  ASSERT_TRUE(file) << file.error().message;
  expect_equal(*original, *file);
  EXPECT_TRUE(file->warnings.empty());

  const auto warnings = save_folder(*file, temp.file("b"), {});
  ASSERT_TRUE(warnings) << warnings.error().message;
  ASSERT_FALSE(warnings->empty());  // a tiny vocabulary, and no files of it
  EXPECT_THAT(warnings->front().message, HasSubstr("tokenizer is not written"));
  const auto folder = open_checkpoint(temp.file("b"));
  ASSERT_TRUE(folder) << folder.error().message;
  expect_equal(*original, *folder);
}

class OriginalNames : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Families, OriginalNames, testing::Values("sd1", "sdxl"));

// The reference file was made by another program from the same folder.
TEST_P(OriginalNames, AreThoseOfTheReferenceFile) {
  const auto folder = open_checkpoint(fixture_folder() / GetParam() / "pipeline");
  const TempFolder temp;
  ASSERT_TRUE(save_single_file(*folder, temp.file("a"), {}));
  const auto ours = open_weight_file(temp.file("a"));
  const auto theirs = open_weight_file(fixture_folder() / GetParam() / "single_file.safetensors");
  ASSERT_TRUE(ours && theirs);
  expect_equal(*ours->weights, *theirs->weights);
}

TEST(SaveCheckpoint, ConvertsTheTypeOfEveryPart) {
  const auto original = open_checkpoint(fixture_folder() / "sd1/pipeline");
  const TempFolder temp;
  ASSERT_TRUE(save_folder(*original, temp.path(), {.dtype = DType::kF32}));
  const auto wide = open_checkpoint(temp.path());
  ASSERT_TRUE(wide) << wide.error().message;
  EXPECT_EQ(wide->unet.weights->index()[0].dtype, DType::kF32);
  EXPECT_TRUE(wide->tokenizer);
  ASSERT_TRUE(save_single_file(*wide, temp.file("half"), {.dtype = DType::kF16}));
  const auto half = open_checkpoint(temp.file("half"));
  ASSERT_TRUE(half);
  expect_equal(*half->unet.weights, *original->unet.weights);
}

TEST(SaveCheckpoint, GivesFilesWithoutATokenizerTheVocabularyOfClip) {
  auto checkpoint = open_checkpoint(fixture_folder() / "sd1/pipeline");
  ASSERT_TRUE(checkpoint);
  checkpoint->tokenizer.reset();
  checkpoint->text_encoder.config.set("vocab_size", 49408);
  const TempFolder temp;
  const auto warnings = save_folder(*checkpoint, temp.path(), {});
  ASSERT_TRUE(warnings);
  EXPECT_TRUE(warnings->empty());
  const auto text = [](const Path& path) { return read_file(path, std::size_t{8} << 20).value(); };
  const Path reference = fixture_folder() / "clip_tokenizer";
  const Path written = temp.file("tokenizer");
  EXPECT_EQ(parse_json(text(written / "vocab.json")).value(),
            parse_json(text(reference / "vocab.json")).value());
  EXPECT_EQ(text(written / "merges.txt"), text(reference / "merges.txt"));
}

TEST(SaveCheckpoint, MarksVPredictionAsOtherProgramsDo) {
  auto checkpoint = open_checkpoint(fixture_folder() / "sdxl/pipeline");
  ASSERT_TRUE(checkpoint);
  checkpoint->prediction = Prediction::kV;
  checkpoint->zero_terminal_snr = true;
  const TempFolder temp;
  ASSERT_TRUE(save_single_file(*checkpoint, temp.file("a"), {.dtype = DType::kBf16}));
  const auto file = open_weight_file(temp.file("a"));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->weights->find("v_pred"));
  EXPECT_TRUE(file->weights->find("ztsnr"));
  EXPECT_EQ(file->metadata.at("modelspec.prediction_type"), "v");
}

}  // namespace
}  // namespace diptych
