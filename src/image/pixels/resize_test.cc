#include "image/pixels/resize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "formats/testing/golden_pictures.h"

namespace diptych {
namespace {

TEST(Resize, GivesPillowsLevels) {
  const Json golden = read_golden("resized.json");
  int count = 0;
  for (const Json& row : golden["rows"].as_array()) {
    const Picture expected = picture_of(row);
    const auto filter = find_resize_filter(row["filter"].as_string());
    ASSERT_TRUE(filter);
    const Picture source = picture_of(golden["sources"][row["mode"].as_string()]);
    const Picture resized = resize(source, expected.width, expected.height, *filter);
    EXPECT_EQ(resized, expected) << row["mode"].as_string() << " " << row["filter"].as_string()
                                 << " " << expected.width;
    ++count;
  }
  EXPECT_EQ(count, 60);
}

TEST(Resize, ToTheSameSizeChangesNothing) {
  const Picture picture = picture_of(read_golden("resized.json")["sources"]["RGBA"]);
  EXPECT_EQ(resize(picture, picture.width, picture.height, ResizeFilter::kLanczos), picture);
}

TEST(Resize, KeepsAPlainColour) {
  const Picture plain(31, 17, 3, 201);
  for (const ResizeFilter filter : {ResizeFilter::kNearest, ResizeFilter::kBilinear,
                                    ResizeFilter::kBicubic, ResizeFilter::kLanczos}) {
    EXPECT_EQ(resize(plain, 7, 90, filter), Picture(7, 90, 3, 201));
  }
}

TEST(FindResizeFilter, IgnoresCase) {
  EXPECT_EQ(find_resize_filter("Lanczos"), ResizeFilter::kLanczos);
  EXPECT_EQ(find_resize_filter("none"), std::nullopt);
}

Tensor tensor_of(const Json& values, const Shape& shape) {
  Tensor tensor(shape);
  EXPECT_EQ(values.as_array().size(), tensor.size());
  for (std::size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = static_cast<float>(values[i].as_double());
  return tensor;
}

TEST(ResizePlanes, GivesTheReferenceValues) {
  const Json golden = read_golden("resized_planes.json");
  const Tensor source =
      tensor_of(golden["values"], {1, 1, golden["height"].as_int(), golden["width"].as_int()});
  int count = 0;
  for (const Json& row : golden["rows"].as_array()) {
    const std::string& name = row["filter"].as_string();
    const PlaneFilter filter = name == "nearest"    ? PlaneFilter::kNearest
                               : name == "bilinear" ? PlaneFilter::kBilinear
                                                    : PlaneFilter::kBicubic;
    const auto width = row["width"].as_int(), height = row["height"].as_int();
    const Tensor expected = tensor_of(row["values"], {1, 1, height, width});
    const Tensor resized = resize_planes(source, static_cast<int>(height), static_cast<int>(width),
                                         {filter, row["antialias"].as_bool()});
    ASSERT_EQ(resized.shape, expected.shape);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(resized[i], expected[i], 1e-5)
          << name << " " << width << "×" << height << " at " << i;
    }
    ++count;
  }
  EXPECT_EQ(count, 20);
}

TEST(ResizePlanes, TreatsEveryPlaneAlike) {
  Tensor planes(Shape{2, 3, 4, 5});
  for (std::size_t i = 0; i < planes.size(); ++i)
    planes[i] = static_cast<float>(i % 20) + static_cast<float>(i / 20);
  const Tensor resized = resize_planes(planes, 8, 7, {PlaneFilter::kBicubic});
  EXPECT_EQ(resized.shape, (Shape{2, 3, 8, 7}));
  for (std::size_t i = 0; i < 56; ++i) EXPECT_NEAR(resized[5 * 56 + i], resized[i] + 5, 1e-4);
}

TEST(ResizePlanes, NearestRulesDifferWhereHalvesMatter) {
  const Tensor source(Shape{1, 1, 1, 3}, std::vector<float>{0, 1, 2});
  EXPECT_EQ(resize_planes(source, 1, 2, {PlaneFilter::kNearest}).values,
            (std::vector<float>{0, 1}));
  EXPECT_EQ(resize_planes(source, 1, 2, {PlaneFilter::kNearestExact}).values,
            (std::vector<float>{0, 2}));
}

}  // namespace
}  // namespace diptych
