#include "image/prompt/emphasis.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

double mean(const Tensor& tensor) {
  double sum = 0;
  for (const float value : tensor.values) sum += value;
  return sum / static_cast<double>(tensor.size());
}

Tensor two_rows() { return {Shape{1, 2, 2}, {1, 2, 3, 6}}; }

TEST(Emphasis, OriginalKeepsTheMean) {
  Tensor encoded = two_rows();
  ASSERT_TRUE(apply_emphasis(encoded, std::vector<float>{1, 2}, EmphasisMode::kOriginal));
  const float scale = 12.0F / 21.0F;  // the sums before and after the weights
  const std::vector<float> expected = {1 * scale, 2 * scale, 6 * scale, 12 * scale};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(encoded[i], expected[i]);
  EXPECT_NEAR(mean(encoded), 3, 1e-6);
}

TEST(Emphasis, OtherModes) {
  Tensor encoded = two_rows();
  ASSERT_TRUE(apply_emphasis(encoded, std::vector<float>{1, 2}, EmphasisMode::kNoNorm));
  EXPECT_EQ(encoded.values, (std::vector<float>{1, 2, 6, 12}));
  for (const auto mode : {EmphasisMode::kIgnore, EmphasisMode::kNone}) {
    Tensor same = two_rows();
    ASSERT_TRUE(apply_emphasis(same, std::vector<float>{1, 2}, mode));
    EXPECT_EQ(same.values, two_rows().values);
  }
}

TEST(Emphasis, EveryChunkKeepsItsOwnMean) {
  Tensor encoded(Shape{2, 2, 1}, {1, 3, 10, 20});
  ASSERT_TRUE(apply_emphasis(encoded, std::vector<float>{1, 1, 0, 3}, EmphasisMode::kOriginal));
  EXPECT_EQ(encoded.values, (std::vector<float>{1, 3, 0, 30}));
}

TEST(Emphasis, AMeanOfZeroIsNotScaledBy) {
  Tensor encoded = two_rows();
  ASSERT_TRUE(apply_emphasis(encoded, std::vector<float>{0, 0}, EmphasisMode::kOriginal));
  EXPECT_EQ(encoded.values, (std::vector<float>{0, 0, 0, 0}));
}

TEST(Emphasis, WeightsMustFit) {
  Tensor encoded = two_rows();
  EXPECT_FALSE(apply_emphasis(encoded, std::vector<float>{1}, EmphasisMode::kNoNorm));
  Tensor flat(Shape{2, 2});
  EXPECT_FALSE(apply_emphasis(flat, std::vector<float>{1, 1}, EmphasisMode::kNoNorm));
}

TEST(Emphasis, ModesAreFoundByName) {
  for (const EmphasisRow& row : emphasis_rows()) EXPECT_EQ(find_emphasis_mode(row.name), row.mode);
  EXPECT_EQ(find_emphasis_mode("no NORM"), EmphasisMode::kNoNorm);
  EXPECT_EQ(find_emphasis_mode("loud"), std::nullopt);
}

TEST(Emphasis, ShorterPartsRepeatTheirLastRow) {
  const Tensor encoded(Shape{2, 2}, {1, 2, 3, 4});
  const auto longer = repeat_last_row(encoded, 4);
  ASSERT_TRUE(longer.has_value());
  EXPECT_EQ(longer->values, (std::vector<float>{1, 2, 3, 4, 3, 4, 3, 4}));
  EXPECT_EQ(repeat_last_row(encoded, 2)->values, encoded.values);
  EXPECT_FALSE(repeat_last_row(encoded, 1).has_value());
  EXPECT_FALSE(repeat_last_row(Tensor(Shape{0, 2}), 1).has_value());
}

}  // namespace
}  // namespace diptych
