#include "image/diffusion/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

using testing::ElementsAre;

TEST(Preview, APixelIsALinearFunctionOfItsLatent) {
  Tensor64 latents(Shape{2, 4, 1, 2});
  latents[8 + 1] = 2;  // second picture, first channel, second pixel
  const auto picture = preview_of(*find_preview("sd1"), latents, 1);
  ASSERT_TRUE(picture.has_value());
  EXPECT_EQ(picture->width, 2);
  EXPECT_EQ(picture->height, 1);
  // 127.5·(1 + 2·0.3512), 127.5·(1 + 2·0.2297), 127.5·(1 + 2·0.3227)
  EXPECT_THAT(picture->rgb, ElementsAre(128, 128, 128, 217, 186, 210));
}

TEST(Preview, ColoursAreCutAtTheirLimits) {
  const auto picture = preview_of(*find_preview("sdxl"), Tensor64(Shape{1, 4, 1, 1}, -1e9), 0);
  ASSERT_TRUE(picture.has_value());
  EXPECT_THAT(picture->rgb, ElementsAre(255, 0, 0));
}

TEST(Preview, OtherLatentsAreRefused) {
  const PreviewRow& row = *find_preview("sd2");
  EXPECT_FALSE(preview_of(row, Tensor64(Shape{1, 16, 2, 2}), 0).has_value());
  EXPECT_FALSE(preview_of(row, Tensor64(Shape{1, 4, 2, 2}), 1).has_value());
  EXPECT_EQ(find_preview("flux"), nullptr);
}

}  // namespace
}  // namespace diptych
