#include "image/pixels/blur.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/testing/golden_pictures.h"
#include "image/pixels/inpaint_fill.h"

namespace diptych {
namespace {

TEST(BlurGaussian, GivesOpenCvsLevels) {
  const Json golden = read_golden("blurred.json");
  const Picture mask = picture_of(golden["mask"]);
  for (const Json& row : golden["rows"].as_array()) {
    const double x = row["x"].as_double(), y = row["y"].as_double();
    EXPECT_EQ(blur_gaussian(mask, x, y), picture_of(row)) << x << ", " << y;
  }
}

TEST(BlurGaussian, OfNothingChangesNothing) {
  const Picture mask = picture_of(read_golden("blurred.json")["mask"]);
  EXPECT_EQ(blur_gaussian(mask, 0, 0), mask);
  EXPECT_EQ(blur_gaussian(Picture(1, 1, 1, 9), 5, 5), Picture(1, 1, 1, 9));
}

TEST(BlurBoxes, GivesPillowsLevels) {
  const Json golden = read_golden("blurred.json");
  const Picture image = picture_of(golden["image"]);
  for (const Json& row : golden["pillow"].as_array()) {
    const double radius = row["radius"].as_double();
    EXPECT_EQ(blur_boxes(image, radius), picture_of(row)) << radius;
  }
  EXPECT_EQ(blur_boxes(image, 0), image);
}

TEST(FillFromSurroundings, GivesPillowsLevels) {
  const Json golden = read_golden("filled.json");
  const Picture filled =
      fill_from_surroundings(picture_of(golden["image"]), picture_of(golden["mask"]));
  EXPECT_EQ(filled, picture_of(golden["filled"]));
}

TEST(FillFromSurroundings, LeavesNothingOfWhatIsMasked) {
  Picture picture(16, 16, 3, 50), mask(16, 16, 1, 0);
  for (int y = 5; y < 10; ++y) {
    for (int x = 5; x < 10; ++x) {
      mask.row(y)[x] = 255;
      std::fill_n(picture.row(y) + 3 * x, 3, std::uint8_t{250});
    }
  }
  EXPECT_LE(largest_difference(fill_from_surroundings(picture, mask), Picture(16, 16, 3, 50)), 2);
}

}  // namespace
}  // namespace diptych
