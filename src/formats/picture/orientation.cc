#include "formats/picture/orientation.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

struct Turn {
  bool transposed;               // rows of the file are columns
  bool from_right, from_bottom;  // where the file's columns and rows begin, after that
};

// By orientation − 1.
constexpr Turn kTurns[] = {
    {false, false, false}, {false, true, false}, {false, true, true}, {false, false, true},
    {true, false, false},  {true, true, false},  {true, true, true},  {true, false, true},
};

}  // namespace

Picture make_upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const Turn turn = kTurns[orientation - 1];
  const int width = turn.transposed ? picture.height : picture.width;
  const int height = turn.transposed ? picture.width : picture.height;
  Picture upright(width, height, picture.channels);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int across = turn.from_right ? width - 1 - x : x;
      const int down = turn.from_bottom ? height - 1 - y : y;
      const int from_x = turn.transposed ? down : across, from_y = turn.transposed ? across : down;
      std::copy_n(picture.row(from_y) + static_cast<std::size_t>(from_x) * channels, channels,
                  upright.row(y) + static_cast<std::size_t>(x) * channels);
    }
  }
  return upright;
}

}  // namespace diptych
