#include "image/pipeline/tiles.h"

#include <algorithm>

namespace diptych {
namespace {

std::vector<int> starts_of(int length, int side, int overlap) {
  if (length <= side) return {0};
  const int stride = std::max(1, side - overlap);
  const int count = (length - side + stride - 1) / stride + 1;
  std::vector<int> starts;
  for (int i = 0; i < count; ++i)
    starts.push_back(static_cast<int>(static_cast<std::int64_t>(length - side) * i / (count - 1)));
  return starts;
}

Tensor cut(const Tensor& x, const Tile& tile, int side) {
  Tensor piece(Shape{1, x.shape[1], side, side});
  auto to = piece.values.begin();
  for (std::int64_t c = 0; c < x.shape[1]; ++c) {
    for (int y = 0; y < side; ++y) {
      const std::int64_t from = (c * x.shape[2] + tile.top + y) * x.shape[3] + tile.left;
      to = std::copy_n(x.values.begin() + from, side, to);
    }
  }
  return piece;
}

// 1 in the middle, falling towards an edge over the overlap; never 0, so that every pixel has a
// weight.
std::vector<float> ramp(int side, int overlap) {
  std::vector<float> weights(static_cast<std::size_t>(side), 1.0F);
  for (int i = 0; i < std::min(overlap, side / 2); ++i) {
    const float weight = (static_cast<float>(i) + 0.5F) / static_cast<float>(overlap);
    weights[static_cast<std::size_t>(i)] = weight;
    weights[static_cast<std::size_t>(side - 1 - i)] = weight;
  }
  return weights;
}

// Sums of weighted tiles and of their weights.
struct Canvas {
  Tensor sum;                 // [1, c, height, width]
  std::vector<float> weight;  // [height, width]

  void add(const Tensor& piece, const Tile& at, const std::vector<float>& weights) {
    const std::int64_t side = piece.shape[2], width = sum.shape[3];
    for (std::int64_t y = 0; y < side; ++y) {
      for (std::int64_t x = 0; x < side; ++x) {
        const float w = weights[static_cast<std::size_t>(y)] * weights[static_cast<std::size_t>(x)];
        const std::int64_t to = (at.top + y) * width + at.left + x;
        weight[static_cast<std::size_t>(to)] += w;
        for (std::int64_t c = 0; c < sum.shape[1]; ++c)
          sum[static_cast<std::size_t>(c * sum.shape[2] * width + to)] +=
              w * piece[static_cast<std::size_t>((c * side + y) * side + x)];
      }
    }
  }

  Tensor finish() && {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] /= weight[i % weight.size()];
    return std::move(sum);
  }
};

}  // namespace

std::vector<Tile> tiles_of(int height, int width, const TileGrid& grid) {
  std::vector<Tile> tiles;
  for (const int top : starts_of(height, grid.side, grid.overlap))
    for (const int left : starts_of(width, grid.side, grid.overlap)) tiles.push_back({top, left});
  return tiles;
}

Result<Tensor> run_tiled(const Tensor& x, const TileGrid& grid,
                         const std::function<Result<Tensor>(const Tensor& tile)>& run) {
  const int height = static_cast<int>(x.shape[2]) / grid.input_scale;
  const int width = static_cast<int>(x.shape[3]) / grid.input_scale;
  const int scale = grid.output_scale;
  const std::vector<float> weights = ramp(grid.side * scale, grid.overlap * scale);
  Canvas canvas;
  for (const Tile& tile : tiles_of(height, width, grid)) {
    const Tile pixels{tile.top * grid.input_scale, tile.left * grid.input_scale};
    TRY(const Tensor piece, run(cut(x, pixels, grid.side * grid.input_scale)));
    if (canvas.weight.empty()) {
      canvas.sum = Tensor(Shape{1, piece.shape[1], height * scale, width * scale});
      canvas.weight.resize(static_cast<std::size_t>(height * scale) *
                           static_cast<std::size_t>(width * scale));
    }
    canvas.add(piece, {tile.top * scale, tile.left * scale}, weights);
  }
  return std::move(canvas).finish();
}

}  // namespace diptych
