#include "formats/weight_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

WeightRef six_bytes() {
  WeightViewBuilder builder;
  std::vector<std::byte> bytes;
  for (int i = 0; i < 6; ++i) bytes.push_back(static_cast<std::byte>(i));
  builder.add_owned("six", DType::kU8, Shape{3, 2}, bytes);
  return {*std::move(builder).finish(), TensorId{0}};
}

TEST(WeightView, RenamesCutsAndReshapesWithoutCopying) {
  const WeightRef six = six_bytes();
  WeightViewBuilder builder;
  builder.add("z", six);
  ASSERT_TRUE(builder.add_part("part", six, 1, 3));
  ASSERT_TRUE(builder.add_reshaped("flat", six, Shape{6}));
  const auto view = std::move(builder).finish();
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)->index().size(), 3U);
  const auto part = (*view)->find("part");
  EXPECT_EQ((*view)->info(*part).shape, (Shape{1, 2}));
  EXPECT_THAT(read_as_f32(**view, *part), ElementsAre(2, 3));
  EXPECT_EQ((*view)->info(*(*view)->find("flat")).shape, Shape{6});
  EXPECT_EQ((*view)->bytes(*(*view)->find("z")).data(), six.source->bytes(six.tensor).data());
}

TEST(WeightView, RefusesWhatCannotBe) {
  const WeightRef six = six_bytes();
  WeightViewBuilder builder;
  EXPECT_THAT(builder.add_part("half", six, 0, 2).error().message,
              HasSubstr("tensor \"six\" of shape [3, 2] cannot be divided into 2"));
  EXPECT_THAT(builder.add_reshaped("five", six, Shape{5}).error().message, HasSubstr("is no [5]"));
  builder.add("same", six);
  builder.add("same", six);
  EXPECT_THAT(std::move(builder).finish().error().message,
              HasSubstr("two tensors are named \"same\""));
}

}  // namespace
}  // namespace diptych
