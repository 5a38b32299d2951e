#include "image/pixels/mask.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diptych {
namespace {

using Values = std::vector<std::uint8_t>;

Picture mask_with_box(int width, int height, const Box& box) {
  Picture mask(width, height, 1);
  for (int y = box.y1; y < box.y2; ++y)
    std::fill(mask.row(y) + box.x1, mask.row(y) + box.x2, std::uint8_t{1});
  return mask;
}

TEST(MakeMask, IsGreyInTheWantedSize) {
  Picture picture(2, 1, 4);
  picture.pixels = {255, 255, 255, 0, 0, 0, 0, 255};  // alpha is ignored
  EXPECT_EQ(make_mask(picture, 4, 2).pixels, (Values{255, 255, 0, 0, 255, 255, 0, 0}));
}

TEST(Mask, IsInvertedAndRounded) {
  Picture mask(3, 1, 1);
  mask.pixels = {0, 128, 129};
  EXPECT_EQ(invert_mask(mask).pixels, (Values{255, 127, 126}));
  EXPECT_EQ(round_mask(mask).pixels, (Values{0, 0, 255}));
}

TEST(FindMaskBox, IsAroundWhatIsNotBlack) {
  const Picture mask = mask_with_box(20, 10, {3, 4, 7, 9});
  EXPECT_EQ(find_mask_box(mask, 0), (Box{3, 4, 7, 9}));
  EXPECT_EQ(find_mask_box(mask, 2), (Box{1, 2, 9, 10}));
  EXPECT_EQ(find_mask_box(mask, 100), (Box{0, 0, 20, 10}));
  EXPECT_EQ(find_mask_box(Picture(20, 10, 1), 5), std::nullopt);
}

// Boxes worked out with the rules of A1111 1.10.
TEST(ExpandToAspect, GrowsOneSideAndStaysInside) {
  struct Case {
    Box box;
    RegionSizes sizes;
    Box expanded;
  };
  const Case cases[] = {
      {{100, 100, 200, 150}, {512, 512, 512, 512}, {100, 75, 200, 175}},   // taller, both ways
      {{100, 0, 200, 50}, {512, 512, 512, 512}, {100, 0, 200, 100}},       // at the top
      {{100, 480, 200, 512}, {512, 512, 512, 512}, {100, 412, 200, 512}},  // at the bottom
      {{0, 10, 30, 90}, {512, 512, 512, 512}, {0, 10, 80, 90}},            // at the left
      {{490, 10, 512, 90}, {512, 256, 512, 512}, {352, 10, 512, 90}},      // at the right, wide
      {{0, 0, 512, 300}, {512, 1024, 512, 512}, {0, 0, 512, 512}},         // cannot grow enough
      {{0, 100, 300, 612}, {1024, 512, 512, 700}, {0, 100, 512, 612}},
      {{10, 10, 21, 20}, {512, 512, 512, 512}, {10, 10, 21, 21}},  // an odd pixel goes to the end
      {{10, 10, 20, 20}, {512, 512, 512, 512}, {10, 10, 20, 20}},
  };
  for (const Case& c : cases) {
    const Box box = expand_to_aspect(c.box, c.sizes);
    EXPECT_EQ(box, c.expanded) << box.x1 << " " << box.y1 << " " << box.x2 << " " << box.y2;
  }
}

TEST(Composite, FollowsTheMasksLevels) {
  Picture over(3, 1, 1, 200), under(3, 1, 1, 100), mask(3, 1, 1);
  mask.pixels = {0, 128, 255};
  EXPECT_EQ(composite(over, under, mask).pixels, (Values{100, 150, 200}));
  const Picture colour = composite(Picture(3, 1, 3, 200), Picture(3, 1, 3, 100), mask);
  EXPECT_EQ(colour.pixels, (Values{100, 100, 100, 150, 150, 150, 200, 200, 200}));
}

}  // namespace
}  // namespace diptych
