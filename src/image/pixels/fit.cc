#include "image/pixels/fit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "image/pixels/resize.h"

namespace diptych {
namespace {

struct Size {
  int width, height;
};

// a × b / c, at least 1.
int scaled(int a, int b, int c) { return std::max(1, static_cast<int>(std::int64_t{a} * b / c)); }

// The size with the picture's aspect that covers width × height, or lies within it.
Size size_with_aspect(const Picture& picture, Size wanted, FitMode mode) {
  const double ratio = static_cast<double>(wanted.width) / wanted.height;
  const double own = static_cast<double>(picture.width) / picture.height;
  const bool full_width = mode == FitMode::kCrop ? ratio > own : ratio < own;
  const bool full_height = mode == FitMode::kCrop ? ratio <= own : ratio >= own;
  return {full_width ? wanted.width : scaled(picture.width, wanted.height, picture.height),
          full_height ? wanted.height : scaled(picture.height, wanted.width, picture.width)};
}

// Spreads the edges of `inner`, which lies at (x, y), over what it leaves free of `onto`.
void spread_edges(Picture& onto, const Picture& inner, int x, int y) {
  const int right = onto.width - x - inner.width, below = onto.height - y - inner.height;
  const auto spread = [&](const Box& edge, Size size, Size at) {
    if (size.width <= 0 || size.height <= 0) return;
    paste(onto, resize_part(inner, edge, size.width, size.height, ResizeFilter::kBicubic), at.width,
          at.height);
  };
  spread({0, 0, inner.width, 0}, {onto.width, x == 0 && right == 0 ? y : 0}, {0, 0});
  spread({0, inner.height, inner.width, inner.height},
         {onto.width, x == 0 && right == 0 ? below : 0}, {0, y + inner.height});
  spread({0, 0, 0, inner.height}, {y == 0 && below == 0 ? x : 0, onto.height}, {0, 0});
  spread({inner.width, 0, inner.width, inner.height},
         {y == 0 && below == 0 ? right : 0, onto.height}, {x + inner.width, 0});
}

}  // namespace

Picture fit(const Picture& picture, int width, int height, FitMode mode) {
  if (mode == FitMode::kStretch) return resize(picture, width, height, ResizeFilter::kLanczos);
  const Size size = size_with_aspect(picture, {width, height}, mode);
  const Picture resized = resize(picture, size.width, size.height, ResizeFilter::kLanczos);
  Picture result(width, height, picture.channels);
  const int x = width / 2 - size.width / 2, y = height / 2 - size.height / 2;
  paste(result, resized, x, y);
  if (mode == FitMode::kFill) spread_edges(result, resized, x, y);
  return result;
}

Picture crop(const Picture& picture, const Box& box) {
  CHECK(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= picture.width && box.y2 <= picture.height);
  CHECK(box.width() >= 0 && box.height() >= 0);
  Picture result(box.width(), box.height(), picture.channels);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < result.height; ++y) {
    std::copy_n(picture.row(box.y1 + y) + static_cast<std::size_t>(box.x1) * channels,
                result.row_bytes(), result.row(y));
  }
  return result;
}

void paste(Picture& onto, const Picture& picture, int x, int y) {
  CHECK(onto.channels == picture.channels);
  const int left = std::max(0, -x), right = std::min(picture.width, onto.width - x);
  if (right <= left) return;
  const auto channels = static_cast<std::size_t>(onto.channels);
  for (int row = std::max(0, -y); row < std::min(picture.height, onto.height - y); ++row) {
    std::copy_n(picture.row(row) + static_cast<std::size_t>(left) * channels,
                static_cast<std::size_t>(right - left) * channels,
                onto.row(y + row) + static_cast<std::size_t>(x + left) * channels);
  }
}

}  // namespace diptych
