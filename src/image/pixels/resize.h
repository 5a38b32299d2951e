#pragma once
// Pictures and latents in another size.

#include <cstdint>
#include <optional>
#include <string_view>

#include "compute/tensor.h"
#include "formats/picture.h"
#include "image/pixels/box.h"

namespace diptych {

enum class ResizeFilter : std::uint8_t { kNearest, kBilinear, kBicubic, kLanczos };
std::optional<ResizeFilter> find_resize_filter(std::string_view name);  // "Lanczos", in any case

// As Pillow's Image.resize, RGBA with premultiplied alpha. Golden: Pillow 13, exactly.
// Cost: that of two passes over the larger picture.
Picture resize(const Picture& picture, int width, int height, ResizeFilter filter);
// Of a part of the picture, which may have no height or no width: then its edge is spread out.
Picture resize_part(const Picture& picture, const Box& part, int width, int height,
                    ResizeFilter filter);

enum class PlaneFilter : std::uint8_t { kNearest, kNearestExact, kBilinear, kBicubic };
struct PlaneResize {
  PlaneFilter filter = PlaneFilter::kBilinear;
  bool antialias = false;  // of bilinear and bicubic
};

// planes: [batch, channels, height, width], e.g. latents. As torch's interpolate with align_corners
// off. Golden: OpenCV 5 without and Pillow 13 with antialias, max abs 1e-5.
Tensor resize_planes(const Tensor& planes, int height, int width, const PlaneResize& options);

}  // namespace diptych
