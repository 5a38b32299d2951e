#include "api/sdapi/grid.h"

#include <algorithm>
#include <cmath>

#include "image/pixels/alpha.h"
#include "image/pixels/fit.h"

namespace diptych::sdapi {

Picture make_grid(const std::vector<Picture>& pictures) {
  if (pictures.empty()) return {};
  const int count = static_cast<int>(pictures.size());
  const int rows = std::max(1, static_cast<int>(std::lround(std::sqrt(count))));
  const int columns = (count + rows - 1) / rows;
  const int width = pictures.front().width, height = pictures.front().height;
  Picture grid(columns * width, rows * height, 3);
  for (int i = 0; i < count; ++i)
    paste(grid, to_rgb(pictures[static_cast<std::size_t>(i)]), i % columns * width,
          i / columns * height);
  return grid;
}

}  // namespace diptych::sdapi
