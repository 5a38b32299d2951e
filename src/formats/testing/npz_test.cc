#include "formats/testing/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace diptych {
namespace {

TEST(Npz, ReadsDeflatedArraysOfEveryTypeInTheFixtures) {
  const auto golden = read_npz(fixture_folder() / "sd1" / "golden.npz");
  ASSERT_TRUE(golden) << golden.error().message;
  EXPECT_EQ(golden->at("input_ids").shape, (Shape{2, 77}));
  EXPECT_EQ(golden->at("input_ids")[0], 1012);  // <|startoftext|> of the tiny vocabulary
  EXPECT_EQ(golden->at("unet_timestep").shape.rank(), 0);
  EXPECT_EQ(golden->at("unet_sample").shape, (Shape{2, 4, 16, 24}));
  EXPECT_EQ(golden->at("vae_image").size(), 1U * 3 * 128 * 192);
}

TEST(Npz, GaussianNumbersLookGaussian) {
  const auto randn = read_npz(fixture_folder() / "rng" / "torch_randn.npz");
  ASSERT_TRUE(randn) << randn.error().message;
  const Tensor64& values = randn->at("seed0_n1536");
  double sum = 0;
  double squares = 0;
  for (const double value : values.values) {
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 1536, 0, 0.1);
  EXPECT_NEAR(squares / 1536, 1, 0.1);
}

TEST(Npz, MissingAndForeignFilesAreErrors) {
  EXPECT_EQ(read_npz(fixture_folder() / "absent.npz").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_npz(fixture_folder() / "manifest.json").error().message,
              testing::HasSubstr("npz: "));
}

TEST(RelativeError, IsTheLargestDifferenceOverTheLargestValue) {
  const Tensor64 b(Shape{2}, {4, -8});
  EXPECT_DOUBLE_EQ(relative_error(Tensor(Shape{2}, {4, -7}), b), 0.125);
  EXPECT_DOUBLE_EQ(relative_error(b, b), 0);
  EXPECT_TRUE(std::isinf(relative_error(Tensor(Shape{1, 2}, {4, -8}), b)));
  EXPECT_TRUE(std::isinf(relative_error(Tensor(Shape{2}, {4, NAN}), b)));
}

}  // namespace
}  // namespace diptych
