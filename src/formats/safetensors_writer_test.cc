#include "formats/safetensors_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"
#include "formats/weight_view.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Element>
std::vector<std::byte> bytes_of(const std::vector<Element>& elements) {
  const auto bytes = std::as_bytes(std::span(elements));
  return {bytes.begin(), bytes.end()};
}

SharedWeights small_weights() {
  WeightViewBuilder builder;
  builder.add_owned("half", DType::kF16, Shape{2}, bytes_of<std::uint16_t>({0x3c00, 0xc000}));
  builder.add_owned("single", DType::kF32, Shape{1, 2}, bytes_of<float>({1.00048828125F, 3e5F}));
  builder.add_owned("ids", DType::kI64, Shape{2}, bytes_of<std::int64_t>({7, 1 << 30}));
  return *std::move(builder).finish();
}

TEST(SafetensorsWriter, ARealFileSurvivesARoundTripBitByBit) {
  const TempFolder folder;
  const auto from =
      SafetensorsFile::open(fixture_folder() / "sdxl/pipeline/text_encoder_2/model.safetensors");
  ASSERT_TRUE(from);
  std::uint64_t seen = 0;
  const Status written = write_safetensors(
      folder.file("copy"), **from,
      {.metadata = {{"format", "pt"}}, .progress = [&](std::uint64_t done, std::uint64_t all) {
         seen = done == all ? all : seen;
       }});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(seen, (*from)->bytes_in_all());
  const auto copy = SafetensorsFile::open(folder.file("copy"));
  ASSERT_TRUE(copy) << copy.error().message;
  ASSERT_EQ((*copy)->index().size(), (*from)->index().size());
  EXPECT_EQ((*copy)->metadata(), (*from)->metadata());
  for (std::uint32_t i = 0; i < (*from)->index().size(); ++i) {
    EXPECT_EQ((*copy)->index()[i].name, (*from)->index()[i].name);
    EXPECT_TRUE(std::ranges::equal((*copy)->bytes({i}), (*from)->bytes({i})));
  }
}

TEST(SafetensorsWriter, ConvertsFloatsAndLeavesIntegersAlone) {
  const TempFolder folder;
  const SharedWeights weights = small_weights();
  ASSERT_TRUE(write_safetensors(folder.file("a"), *weights, {.dtype = DType::kBf16}));
  const auto file = SafetensorsFile::open(folder.file("a"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->index()[1].dtype, DType::kI64);
  EXPECT_EQ((*file)->index()[2].dtype, DType::kBf16);
  EXPECT_THAT(read_as_f32(**file, {0}), ElementsAre(1, -2));
  EXPECT_THAT(read_as_f32(**file, {1}), ElementsAre(7, 0x1p30F));
  EXPECT_THAT(read_as_f32(**file, {2}), ElementsAre(1, 299008));
  EXPECT_EQ((*file)->index()[2].shape, (Shape{1, 2}));
}

TEST(SafetensorsWriter, AValueTooLargeForF16IsRefusedByName) {
  const TempFolder folder;
  const Status written =
      write_safetensors(folder.file("a"), *small_weights(), {.dtype = DType::kF16});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("tensor \"single\": 300000 is too large for f16"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SafetensorsWriter, QuantisedTensorsNeedAType) {
  const TempFolder folder;
  WeightViewBuilder builder;
  std::vector<std::byte> block(18);
  block[1] = std::byte{0x3c};  // a scale of 1
  builder.add_owned("q", DType::kQ4_0, Shape{32}, block);
  const SharedWeights weights = *std::move(builder).finish();
  EXPECT_THAT(write_safetensors(folder.file("a"), *weights, {}).error().message,
              HasSubstr("tensor \"q\": safetensors files cannot hold q4_0"));
  ASSERT_TRUE(write_safetensors(folder.file("a"), *weights, {.dtype = DType::kF16}));
  const auto file = SafetensorsFile::open(folder.file("a"));
  EXPECT_THAT(read_as_f32(**file, {0}), testing::Each(-8));
}

}  // namespace
}  // namespace diptych
