#pragma once
// A large picture in overlapping tiles, blended so that no seam shows: for programs whose memory
// grows with the picture.

#include <functional>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"

namespace diptych {

struct TileGrid {    // in cells: latent pixels, where latents and pictures go in or come out
  int side = 64;     // of a square tile
  int overlap = 16;  // at least, with its neighbour
  int input_scale = 1, output_scale = 8;  // pixels of input and output for one cell
};

struct Tile {
  int top = 0, left = 0;  // in cells
};

// Covers [height, width] with tiles of the same size, evenly spread; one where it fits.
std::vector<Tile> tiles_of(int height, int width, const TileGrid& grid);

// `run`: [1, channels, side·input_scale, …] → [1, c, side·output_scale, …]; x: [1, channels,
// height, width], both multiples of input_scale and at least a tile. Where tiles overlap they are
// mixed by linear ramps.
Result<Tensor> run_tiled(const Tensor& x, const TileGrid& grid,
                         const std::function<Result<Tensor>(const Tensor& tile)>& run);

}  // namespace diptych
