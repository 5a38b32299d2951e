#include "image/pixels/picture_tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace diptych {
namespace {

TEST(PictureTensor, HoldsPlanesFromMinusOneToOne) {
  Picture picture(2, 1, 3);
  picture.pixels = {0, 51, 102, 255, 204, 153};
  const Tensor tensor = picture_to_tensor(picture);
  EXPECT_EQ(tensor.shape, (Shape{1, 3, 1, 2}));
  const std::vector<float> expected = {-1, 1, -0.6f, 0.6f, -0.2f, 0.2f};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(tensor[i], expected[i], 1e-6);
}

TEST(PictureTensor, GivesEveryLevelBack) {
  Picture picture(256, 1, 3);
  for (std::size_t i = 0; i < 768; ++i) picture.pixels[i] = static_cast<std::uint8_t>(i / 3);
  EXPECT_EQ(tensor_to_picture(picture_to_tensor(picture)), picture);
  Picture mask(256, 1, 1);
  for (std::size_t i = 0; i < 256; ++i) mask.pixels[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(tensor_to_mask(mask_to_tensor(mask)), mask);
}

TEST(PictureTensor, ClampsRoundsAndTakesNoNumberForBlack) {
  Tensor tensor(Shape{2, 3, 1, 1});
  tensor.values = {0, 0, 0, -7, 9, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(tensor_to_picture(tensor, 1).pixels, (std::vector<std::uint8_t>{0, 255, 0}));
  EXPECT_EQ(tensor_to_picture(tensor, 0).pixels, (std::vector<std::uint8_t>{128, 128, 128}));
}

TEST(PictureTensor, OfGreyIsRgb) {
  const Tensor tensor = picture_to_tensor(Picture(2, 2, 1, 255));
  EXPECT_EQ(tensor.values, std::vector<float>(12, 1.0f));
}

}  // namespace
}  // namespace diptych
