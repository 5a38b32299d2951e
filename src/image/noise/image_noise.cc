#include "image/noise/image_noise.h"

#include <algorithm>

#include "base/check.h"

namespace diptych {
namespace {

constexpr std::int64_t kPixelsPerLatent = 8;

Shape shape_of_one(const Shape& batch) { return Shape(batch.sizes().subspan(1)); }

std::vector<float> draw_from(NormalGenerator& generator, const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.element_count()));
  generator.fill(values);
  return values;
}

struct Overlap {  // along one axis, when the middles meet
  std::int64_t from, to, length;
};
Overlap centred(std::int64_t from_size, std::int64_t to_size) {
  // Floor division: what A1111 computes also when the source is larger.
  const std::int64_t difference = to_size - from_size;
  const std::int64_t offset = (difference - (difference % 2 != 0 && difference < 0 ? 1 : 0)) / 2;
  return {std::max<std::int64_t>(-offset, 0), std::max<std::int64_t>(offset, 0),
          offset >= 0 ? from_size : from_size + 2 * offset};
}

// Writes the middle of `from` over the middle of `to`; both [channels, height, width].
void paste_centred(const std::vector<float>& from, const Shape& from_shape, std::vector<float>& to,
                   const Shape& to_shape) {
  const Overlap rows = centred(from_shape[1], to_shape[1]);
  const Overlap columns = centred(from_shape[2], to_shape[2]);
  for (std::int64_t channel = 0; channel < to_shape[0]; ++channel) {
    for (std::int64_t row = 0; row < rows.length; ++row) {
      const std::int64_t source =
          (channel * from_shape[1] + rows.from + row) * from_shape[2] + columns.from;
      const std::int64_t target =
          (channel * to_shape[1] + rows.to + row) * to_shape[2] + columns.to;
      std::copy_n(from.begin() + source, std::max<std::int64_t>(columns.length, 0),
                  to.begin() + target);
    }
  }
}

}  // namespace

std::vector<ImageSeeds> seeds_of_batch(const NoiseOptions& options) {
  std::vector<ImageSeeds> seeds;
  for (int image = 0; image < options.image_count; ++image) {
    const auto step = static_cast<std::uint64_t>(image);
    const bool varied = options.variation_strength != 0;
    seeds.push_back({options.seed + (varied ? 0 : step), options.variation_seed + step});
  }
  return seeds;
}

ImageNoise::ImageNoise(const NoiseOptions& options)
    : options_(options), seeds_(seeds_of_batch(options)) {
  for (const ImageSeeds& seeds : seeds_) {
    streams_.push_back(make_generator(options.source, seeds.seed));
  }
}

std::vector<float> ImageNoise::start_of(std::size_t image, const Shape& shape) {
  const bool resized = options_.resize_from_width > 0 && options_.resize_from_height > 0;
  const Shape drawn_shape = resized
                                ? Shape{shape[0], options_.resize_from_height / kPixelsPerLatent,
                                        options_.resize_from_width / kPixelsPerLatent}
                                : shape;
  const bool pasted = drawn_shape != shape;
  // A noise that is pasted comes from a generator of its own; the picture's stream draws the rest.
  std::vector<float> noise =
      pasted ? draw_from(*make_generator(options_.source, seeds_[image].seed), drawn_shape)
             : draw_from(*streams_[image], shape);
  if (options_.variation_strength != 0) {
    const auto other = make_generator(options_.source, seeds_[image].variation_seed);
    noise = slerp(options_.variation_strength, noise, draw_from(*other, drawn_shape), drawn_shape);
  }
  if (!pasted) return noise;
  std::vector<float> whole = draw_from(*streams_[image], shape);
  paste_centred(noise, drawn_shape, whole, shape);
  return whole;
}

Tensor64 ImageNoise::start(const Shape& shape) {
  CHECK(shape.rank() == 4 && shape[0] == std::ssize(seeds_));
  Tensor64 noise(shape);
  auto out = noise.values.begin();
  for (std::size_t image = 0; image < seeds_.size(); ++image) {
    out = std::ranges::copy(start_of(image, shape_of_one(shape)), out).out;
  }
  if (options_.eta_seed_delta != 0) {
    for (std::size_t image = 0; image < seeds_.size(); ++image) {
      streams_[image] =
          make_generator(options_.source,
                         seeds_[image].seed + static_cast<std::uint64_t>(options_.eta_seed_delta));
    }
  }
  return noise;
}

Tensor64 ImageNoise::draw(const Shape& shape) {
  CHECK(shape.rank() >= 1 && shape[0] == std::ssize(seeds_));
  Tensor64 noise(shape);
  auto out = noise.values.begin();
  for (const auto& stream : streams_) {
    out = std::ranges::copy(draw_from(*stream, shape_of_one(shape)), out).out;
  }
  return noise;
}

void ImageNoise::use_brownian_paths(double sigma_min, double sigma_max) {
  path_range_ = {sigma_min, sigma_max};
  paths_.clear();
}

Tensor64 ImageNoise::draw_between(const Shape& shape, SigmaStep step) {
  if (!path_range_) return draw(shape);
  CHECK(shape[0] == std::ssize(seeds_));
  if (paths_.empty()) {
    const auto size = static_cast<std::size_t>(shape_of_one(shape).element_count());
    for (const ImageSeeds& seeds : seeds_) {
      paths_.emplace_back(seeds.seed, *path_range_, size, options_.source);
    }
  }
  Tensor64 noise(shape);
  auto out = noise.values.begin();
  for (BrownianTree& path : paths_) {
    out = std::ranges::copy(path.increment(step.from, step.to), out).out;
  }
  return noise;
}

}  // namespace diptych
