#pragma once
// The noise of a batch of pictures: every picture has streams of its own, so it is the same alone
// and in a batch. The order of draws is that of A1111 (and of diffusers with one generator per
// picture).

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "image/noise/brownian_tree.h"
#include "image/noise/generator.h"
#include "image/samplers/sampler.h"

namespace diptych {

struct NoiseOptions {
  RandomSource source;
  std::uint64_t seed = 0;  // of the first picture
  int image_count = 1;
  // Variation: the starting noise is moved towards that of another seed. 0 to 1.
  std::uint64_t variation_seed = 0;
  double variation_strength = 0;
  // Start from the noise of a picture of this size, in pixels, in the middle. 0: off.
  int resize_from_width = 0, resize_from_height = 0;
  std::int64_t eta_seed_delta = 0;  // A1111's ENSD: added to the seeds after the start
};

struct ImageSeeds {
  std::uint64_t seed, variation_seed;
};
// Picture i has seed + i; with a variation, the same seed and variation_seed + i.
std::vector<ImageSeeds> seeds_of_batch(const NoiseOptions& options);

class ImageNoise final : public Noise {  // of one pass; one owner
 public:
  explicit ImageNoise(const NoiseOptions& options);

  // The starting noise [batch, channels, height, width]; once, before any draw. Variation and
  // resizing apply to it only.
  Tensor64 start(const Shape& shape);
  Tensor64 draw(const Shape& shape) override;

  // From now on, draw_between() follows one Brownian path per picture over these sigmas, the whole
  // schedule's even when a run starts within it; it starts from the seed and leaves the streams
  // alone.
  void use_brownian_paths(double sigma_min, double sigma_max);
  Tensor64 draw_between(const Shape& shape, SigmaStep step) override;

 private:
  std::vector<float> start_of(std::size_t image, const Shape& shape);

  NoiseOptions options_;
  std::vector<ImageSeeds> seeds_;
  std::vector<std::unique_ptr<NormalGenerator>> streams_;
  std::optional<BrownianTree::Range> path_range_;
  std::vector<BrownianTree> paths_;  // made when first asked: their size is known then
};

// A1111's spherical interpolation of noise [channels, height, width]: norms and angles along the
// height. `low` and `high` must be as long as the shape says. Nearly parallel noise is mixed
// linearly, with the weights the other way round, as there.
std::vector<float> slerp(double share, const std::vector<float>& low,
                         const std::vector<float>& high, const Shape& shape);

}  // namespace diptych
