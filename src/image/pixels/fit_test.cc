#include "image/pixels/fit.h"

#include <gtest/gtest.h>

#include "formats/testing/golden_pictures.h"

namespace diptych {
namespace {

TEST(Fit, CropsAndFillsAsTheReference) {
  const Json golden = read_golden("fitted.json");
  const Picture image = picture_of(golden["image"]);
  for (const Json& row : golden["rows"].as_array()) {
    const Picture expected = picture_of(row);
    const auto mode = static_cast<FitMode>(row["mode"].as_int());
    EXPECT_EQ(fit(image, expected.width, expected.height, mode), expected)
        << row["mode"].as_int() << " " << expected.width << "×" << expected.height;
  }
}

TEST(Fit, TakesExtremeAspects) {
  const Picture line(100, 1, 3, 77);
  for (const FitMode mode : {FitMode::kStretch, FitMode::kCrop, FitMode::kFill}) {
    EXPECT_EQ(fit(line, 3, 90, mode), Picture(3, 90, 3, 77));
  }
}

Picture numbered(int width, int height) {
  Picture picture(width, height, 1);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i);
  return picture;
}

TEST(Crop, TakesTheBox) {
  const Picture part = crop(numbered(4, 3), {1, 1, 3, 3});
  EXPECT_EQ(part.width, 2);
  EXPECT_EQ(part.pixels, (std::vector<std::uint8_t>{5, 6, 9, 10}));
}

TEST(Paste, CutsOffWhatLiesOutside) {
  Picture onto(3, 2, 1, 99);
  paste(onto, numbered(2, 2), 2, -1);
  EXPECT_EQ(onto.pixels, (std::vector<std::uint8_t>{99, 99, 2, 99, 99, 99}));
  paste(onto, numbered(2, 2), -1, 1);
  EXPECT_EQ(onto.pixels, (std::vector<std::uint8_t>{99, 99, 2, 1, 99, 99}));
  paste(onto, numbered(2, 2), 7, 7);
  paste(onto, numbered(2, 2), -7, -7);
  EXPECT_EQ(onto.pixels, (std::vector<std::uint8_t>{99, 99, 2, 1, 99, 99}));
}

}  // namespace
}  // namespace diptych
