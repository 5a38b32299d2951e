#include "image/pixels/alpha.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diptych {
namespace {

using Values = std::vector<std::uint8_t>;

Picture pixel(Values values) {
  Picture picture(1, 1, static_cast<int>(values.size()));
  picture.pixels = std::move(values);
  return picture;
}

TEST(DivideBy255, Rounds) {
  for (unsigned x = 0; x <= 255 * 255; ++x)
    ASSERT_EQ(divide_by_255(x), std::lround(x / 255.0)) << x;
}

TEST(Alpha, GoesThroughPremultiplication) {
  EXPECT_EQ(premultiplied(pixel({200, 100, 7, 128})).pixels, (Values{100, 50, 4, 128}));
  EXPECT_EQ(unpremultiplied(pixel({100, 50, 4, 128})).pixels, (Values{199, 99, 7, 128}));
  EXPECT_EQ(unpremultiplied(pixel({9, 8, 7, 0})).pixels, (Values{9, 8, 7, 0}));
  EXPECT_EQ(unpremultiplied(pixel({9, 8, 7, 255})).pixels, (Values{9, 8, 7, 255}));
  EXPECT_EQ(unpremultiplied(pixel({200, 8, 7, 100})).pixels[0], 255);
}

TEST(LayOver, Composites) {
  struct Case {
    Values under, over, result;
  };
  const Case cases[] = {
      {{10, 20, 30, 255}, {1, 2, 3, 0}, {10, 20, 30, 255}},
      {{10, 20, 30, 255}, {1, 2, 3, 255}, {1, 2, 3, 255}},
      {{0, 0, 0, 0}, {90, 80, 70, 40}, {90, 80, 70, 40}},
      {{100, 100, 100, 255}, {200, 0, 100, 128}, {150, 50, 100, 255}},
  };
  for (const Case& c : cases) {
    Picture under = pixel(c.under);
    lay_over(under, pixel(c.over));
    EXPECT_EQ(under.pixels, c.result);
  }
}

TEST(ToRgb, ShowsTheBackgroundThroughWhatIsTransparent) {
  EXPECT_EQ(to_rgb(pixel({7})).pixels, (Values{7, 7, 7}));
  EXPECT_EQ(to_rgb(pixel({1, 2, 3})).pixels, (Values{1, 2, 3}));
  EXPECT_EQ(to_rgb(pixel({1, 2, 3, 0})).pixels, (Values{255, 255, 255}));
  EXPECT_EQ(to_rgb(pixel({0, 100, 200, 51}), {100, 100, 100}).pixels, (Values{80, 100, 120}));
}

TEST(ToGrey, WeighsAsLuma601) {
  EXPECT_EQ(to_grey(pixel({255, 0, 0})).pixels, Values{76});
  EXPECT_EQ(to_grey(pixel({0, 255, 0})).pixels, Values{150});
  EXPECT_EQ(to_grey(pixel({0, 0, 255, 0})).pixels, Values{29});
  EXPECT_EQ(to_grey(pixel({255, 255, 255})).pixels, Values{255});
}

}  // namespace
}  // namespace diptych
