#pragma once
// Tiny random models for tests of the pipeline: on ggml's CPU, in f32, a few milliseconds a step;
// on one thread, so that a busy machine slows them no more than others.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "formats/testing/npz.h"
#include "image/pipeline/image_request.h"
#include "image/pipeline/picture_model.h"
#include "image/pixels/box.h"

namespace diptych {

inline const Backends& test_backends() {
  static const Backends all = Backends::open();
  return all;
}

// `fixture`: "sd1", "sd2_v", "sdxl", "inpaint".
inline std::unique_ptr<PictureModel> open_tiny_model(const std::string& fixture) {
  auto model = PictureModel::open(
      fixture_folder() / fixture / "pipeline",
      {.devices = "ggml:cpu", .precision = Precision::kF32, .threads = [] { return 1; }},
      test_backends());
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return model ? std::move(*model) : nullptr;
}

inline ImageRequest tiny_request() {
  return {.prompt = "a red fox in the snow",
          .negative_prompt = "blurry",
          .width = 64,
          .height = 64,
          .steps = 4,
          .cfg_scale = 5,
          .seed = 7,
          .sampler = "Euler"};
}

// Smooth colours, no two rows alike.
inline Picture gradient(int width, int height) {
  Picture picture(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      std::uint8_t* const pixel = picture.row(y) + 3 * static_cast<std::ptrdiff_t>(x);
      pixel[0] = static_cast<std::uint8_t>(x * 255 / width);
      pixel[1] = static_cast<std::uint8_t>(y * 255 / height);
      pixel[2] = static_cast<std::uint8_t>((x * 7 + y * 3) % 256);
    }
  return picture;
}

// White in [x1, x2) × [y1, y2).
inline Picture mask_with(int width, int height, const Box& white) {
  Picture mask(width, height, 1, 0);
  for (int y = white.y1; y < white.y2; ++y)
    std::fill(mask.row(y) + white.x1, mask.row(y) + white.x2, std::uint8_t{255});
  return mask;
}

struct LevelDifference {
  int most = 0;
  double mean = 0;
};
inline LevelDifference difference(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  LevelDifference found;
  if (a.pixels.size() != b.pixels.size() || a.pixels.empty()) return {255, 255};
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int far = std::abs(a.pixels[i] - b.pixels[i]);
    found.most = std::max(found.most, far);
    found.mean += far;
  }
  found.mean /= static_cast<double>(a.pixels.size());
  return found;
}

}  // namespace diptych
