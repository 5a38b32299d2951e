#include "image/pipeline/tiles.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diptych {
namespace {

Tensor waves(int height, int width) {
  Tensor x(Shape{1, 2, height, width});
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i) * 0.37F);
  return x;
}

// What a decoder does to sizes, without its mixing of neighbours.
Result<Tensor> enlarge(const Tensor& x) {
  Tensor y(Shape{1, x.shape[1], x.shape[2] * 2, x.shape[3] * 2});
  for (std::int64_t c = 0; c < x.shape[1]; ++c)
    for (std::int64_t row = 0; row < y.shape[2]; ++row)
      for (std::int64_t column = 0; column < y.shape[3]; ++column)
        y[static_cast<std::size_t>((c * y.shape[2] + row) * y.shape[3] + column)] =
            x[static_cast<std::size_t>((c * x.shape[2] + row / 2) * x.shape[3] + column / 2)];
  return y;
}

TEST(Tiles, OfALocalFunctionGiveTheWhole) {
  const TileGrid grid{.side = 8, .overlap = 3, .output_scale = 2};
  for (const auto& [height, width] : {std::pair{8, 8}, {9, 21}, {30, 8}, {17, 16}}) {
    const Tensor x = waves(height, width);
    const auto tiled = run_tiled(x, grid, enlarge);
    ASSERT_TRUE(tiled);
    const Tensor whole = *enlarge(x);
    ASSERT_EQ(tiled->shape, whole.shape);
    for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR((*tiled)[i], whole[i], 1e-5) << i;
  }
}

TEST(Tiles, CoverEveryPixelAndOverlap) {
  const TileGrid grid{.side = 16, .overlap = 4, .output_scale = 8};
  const auto tiles = tiles_of(50, 16, grid);
  ASSERT_GE(tiles.size(), 4U);
  EXPECT_EQ(tiles.front().top, 0);
  EXPECT_EQ(tiles.back().top, 50 - 16);
  for (std::size_t i = 1; i < tiles.size(); ++i) EXPECT_LE(tiles[i].top - tiles[i - 1].top, 16 - 4);
}

TEST(Tiles, AStepBetweenTilesIsSpreadOverTheOverlap) {
  const TileGrid grid{.side = 16, .overlap = 8, .output_scale = 1};
  int calls = 0;  // each tile answers another constant: the worst disagreement
  const auto tiled =
      run_tiled(Tensor(Shape{1, 1, 16, 24}), grid, [&](const Tensor& x) -> Result<Tensor> {
        return Tensor(x.shape, static_cast<float>(calls++));
      });
  ASSERT_TRUE(tiled);
  EXPECT_EQ(calls, 2);
  for (std::size_t x = 1; x < 24; ++x) EXPECT_LE((*tiled)[x] - (*tiled)[x - 1], 0.2F) << x;
}

TEST(Tiles, OfAFunctionThatMakesSmallerGiveTheWhole) {
  const auto halve = [](const Tensor& x) -> Result<Tensor> {
    Tensor y(Shape{1, x.shape[1], x.shape[2] / 2, x.shape[3] / 2});
    for (std::int64_t c = 0; c < x.shape[1]; ++c)
      for (std::int64_t row = 0; row < y.shape[2]; ++row)
        for (std::int64_t column = 0; column < y.shape[3]; ++column)
          y[static_cast<std::size_t>((c * y.shape[2] + row) * y.shape[3] + column)] =
              x[static_cast<std::size_t>((c * x.shape[2] + row * 2) * x.shape[3] + column * 2)];
    return y;
  };
  const Tensor x = waves(20, 42);
  const TileGrid grid{.side = 8, .overlap = 2, .input_scale = 2, .output_scale = 1};
  const auto tiled = run_tiled(x, grid, halve);
  ASSERT_TRUE(tiled);
  const Tensor whole = *halve(x);
  ASSERT_EQ(tiled->shape, whole.shape);
  for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR((*tiled)[i], whole[i], 1e-5) << i;
}

TEST(Tiles, AnErrorEndsTheRun) {
  const auto tiled = run_tiled(waves(32, 32), {.side = 16}, [](const Tensor&) -> Result<Tensor> {
    return fail(ErrorCode::kCancelled, "stopped");
  });
  ASSERT_FALSE(tiled);
  EXPECT_EQ(tiled.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace diptych
