#include "image/pixels/mask.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "image/pixels/alpha.h"
#include "image/pixels/resize.h"

namespace diptych {
namespace {

constexpr std::uint8_t kWhite = 255;
constexpr std::uint8_t kRoundAbove = 128;

struct Interval {
  int begin, end;
  int size() const { return end - begin; }
};

// Grown by `growth`, half of it on each side, then moved into 0 … limit; cut off when it is larger
// than that.
Interval grown(Interval interval, int growth, int limit) {
  interval.begin -= growth / 2;
  interval.end += growth - growth / 2;
  if (interval.end >= limit) {
    interval.begin -= interval.end - limit;
    interval.end = limit;
  }
  if (interval.begin < 0) {
    interval.end -= interval.begin;
    interval.begin = 0;
  }
  interval.end = std::min(interval.end, limit);
  return interval;
}

}  // namespace

Picture make_mask(const Picture& picture, int width, int height) {
  return resize(to_grey(picture), width, height, ResizeFilter::kNearest);
}

Picture invert_mask(Picture mask) {
  for (std::uint8_t& level : mask.pixels) level = static_cast<std::uint8_t>(kWhite - level);
  return mask;
}

Picture round_mask(Picture mask) {
  for (std::uint8_t& level : mask.pixels) level = level > kRoundAbove ? kWhite : 0;
  return mask;
}

std::optional<Box> find_mask_box(const Picture& mask, int padding) {
  CHECK(mask.channels == 1);
  Box box{mask.width, mask.height, 0, 0};
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.row(y)[x] == 0) continue;
      box = {std::min(box.x1, x), std::min(box.y1, y), std::max(box.x2, x + 1), y + 1};
    }
  }
  if (box.x2 == 0) return std::nullopt;
  return Box{std::max(box.x1 - padding, 0), std::max(box.y1 - padding, 0),
             std::min(box.x2 + padding, mask.width), std::min(box.y2 + padding, mask.height)};
}

Box expand_to_aspect(const Box& box, const RegionSizes& sizes) {
  CHECK(box.width() > 0 && box.height() > 0 && sizes.width > 0 && sizes.height > 0);
  Interval across{box.x1, box.x2}, down{box.y1, box.y2};
  const double wanted = static_cast<double>(sizes.width) / sizes.height;
  if (static_cast<double>(across.size()) / down.size() > wanted) {
    const double height = across.size() / wanted;
    down = grown(down, static_cast<int>(height - down.size()), sizes.picture_height);
  } else {
    const double width = down.size() * wanted;
    across = grown(across, static_cast<int>(width - across.size()), sizes.picture_width);
  }
  return {across.begin, down.begin, across.end, down.end};
}

Picture composite(const Picture& over, const Picture& under, const Picture& mask) {
  CHECK(over.width == under.width && over.height == under.height &&
        over.channels == under.channels);
  CHECK(mask.width == under.width && mask.height == under.height && mask.channels == 1);
  Picture result = under;
  const auto channels = static_cast<std::size_t>(under.channels);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const unsigned level = mask.pixels[i / channels];
    result.pixels[i] = divide_by_255(over.pixels[i] * level + under.pixels[i] * (kWhite - level));
  }
  return result;
}

}  // namespace diptych
