#include "app/commands/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/testing/npz.h"
#include "formats/testing/temp_folder.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

TEST(Convert, TheEndingOfTheTargetDecidesTheLayout) {
  const TempFolder temp;
  const Path folder = fixture_folder() / "sd1/pipeline";
  const auto to_file = convert_model({.from = folder, .to = temp.file("a.safetensors")});
  ASSERT_TRUE(to_file) << to_file.error().message;
  EXPECT_EQ(to_file->json["family"].as_string(), "sd1");
  EXPECT_EQ(to_file->json["size_bytes"].as_int(),
            static_cast<std::int64_t>(*size_of_file(temp.file("a.safetensors"))));
  const auto to_folder =
      convert_model({.from = temp.file("a.safetensors"), .to = temp.file("b"), .dtype = "bf16"});
  ASSERT_TRUE(to_folder) << to_folder.error().message;
  EXPECT_TRUE(std::filesystem::exists(temp.file("b/unet/diffusion_pytorch_model.safetensors")));
  EXPECT_THAT(to_folder->text, HasSubstr("warning: tokenizer is not written"));
}

TEST(Convert, RefusesToReplaceWithoutForce) {
  const TempFolder temp;
  ASSERT_TRUE(write_file_atomically(temp.file("a.safetensors"), "precious"));
  ConvertOptions options{.from = fixture_folder() / "sd1/pipeline",
                         .to = temp.file("a.safetensors")};
  const auto refused = convert_model(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(*read_file(options.to, 100), "precious");
  options.to = temp.path();  // a folder with something in it
  EXPECT_EQ(convert_model(options).error().code, ErrorCode::kConflict);
  options.to = temp.file("a.safetensors");
  options.force = true;
  EXPECT_TRUE(convert_model(options));
}

TEST(Convert, CarriesDefaultsIntoAFolderAndWarnsWhereThereIsNoPlace) {
  const TempFolder temp;
  const Path from = temp.file("from");
  std::filesystem::copy(fixture_folder() / "sd1/pipeline", from,
                        std::filesystem::copy_options::recursive);
  ASSERT_TRUE(write_file_atomically(from / "diptych.json", "{}"));
  ASSERT_TRUE(convert_model({.from = from, .to = temp.file("to")}));
  EXPECT_EQ(read_file(temp.file("to") / "diptych.json", 100).value(), "{}");
  const auto single = convert_model({.from = from, .to = temp.file("a.safetensors")});
  ASSERT_TRUE(single) << single.error().message;
  EXPECT_THAT(single->text, HasSubstr("diptych.json is not carried"));
}

TEST(Convert, NamesAWrongType) {
  const auto refused = convert_model({.from = "x", .to = "y", .dtype = "q4_0"});
  EXPECT_EQ(refused.error().param, "dtype");
  EXPECT_THAT(refused.error().message, HasSubstr("'q4_0' is none of f32, f16, bf16"));
}

}  // namespace
}  // namespace diptych
