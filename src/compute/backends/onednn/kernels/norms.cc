#include "compute/backends/onednn/kernels/norms.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "compute/backends/onednn/kernels/lanes.h"

namespace diptych::onednn {
namespace {

constexpr std::int64_t kPixelsInF32 = 64;  // so many are summed in f32 before f64 takes over

struct ChannelSums {  // of one sample and one thread
  std::vector<double> sum, square;
  std::vector<float> part_sum, part_square;  // padded to whole lanes

  explicit ChannelSums(std::int64_t channels)
      : sum(static_cast<std::size_t>(channels)),
        square(sum.size()),
        part_sum(sum.size() + kLanes),
        part_square(part_sum.size()) {}

  void flush() {
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += part_sum[c], square[c] += part_square[c];
    std::ranges::fill(part_sum, 0.0F);
    std::ranges::fill(part_square, 0.0F);
  }
};

template <class T>
void add_pixel(ChannelSums& sums, const T* pixel, std::int64_t channels) {
  float* sum = sums.part_sum.data();
  float* square = sums.part_square.data();
  for_lanes(channels, [&](std::int64_t c, auto mask) {
    const Lanes x = load(pixel + c, mask);
    store(sum + c, _mm512_add_ps(load(sum + c), x));
    store(square + c, _mm512_fmadd_ps(x, x, load(square + c)));
  });
}

struct Range {
  std::int64_t begin, end;
};
Range share(std::int64_t count, int thread, int threads) {
  return {count * thread / threads, count * (thread + 1) / threads};
}

template <class T>
ChannelSums sum_pixels(const T* from, Range pixels, std::int64_t channels) {
  ChannelSums sums(channels);
  for (std::int64_t p = pixels.begin; p < pixels.end; ++p) {
    add_pixel(sums, from + p * channels, channels);
    if ((p - pixels.begin) % kPixelsInF32 == kPixelsInF32 - 1) sums.flush();
  }
  sums.flush();
  return sums;
}

// y = x · scale + shift for each channel of a sample.
struct Affine {
  std::vector<float> scale, shift;
};

Affine normalise(const GroupNormRun& run, const std::vector<ChannelSums>& parts) {
  const auto channels = static_cast<std::size_t>(run.channels);
  const std::size_t width = channels / static_cast<std::size_t>(run.groups);
  Affine affine{std::vector<float>(channels + kLanes), std::vector<float>(channels + kLanes)};
  for (std::size_t begin = 0; begin < channels; begin += width) {
    double sum = 0, square = 0;
    for (const ChannelSums& part : parts)
      for (std::size_t c = begin; c < begin + width; ++c)
        sum += part.sum[c], square += part.square[c];
    const double count = static_cast<double>(width) * static_cast<double>(run.pixels);
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(square / count - mean * mean, 0.0) + run.eps);
    for (std::size_t c = begin; c < begin + width; ++c) {
      affine.scale[c] = static_cast<float>(run.weight[c] / deviation);
      affine.shift[c] = static_cast<float>(run.bias[c] - mean * run.weight[c] / deviation);
    }
  }
  return affine;
}

Lanes activated(Lanes x, const float*) { return silu_of(x); }
Lanes activated(Lanes x, const Bf16*) { return rough_silu_of(x); }

template <class From, class To>
void apply_pixel(const GroupNormRun& run, const Affine& affine, const From* from, To* to) {
  for_lanes(run.channels, [&](std::int64_t c, auto mask) {
    Lanes y = _mm512_fmadd_ps(load(from + c, mask), load(affine.scale.data() + c),
                              load(affine.shift.data() + c));
    if (run.then == Activation::kSilu) y = activated(y, to);
    store(to + c, y, mask);
  });
}

template <class From, class To>
void group_norm(const GroupNormRun& run, const From* from, To* to) {
  const std::int64_t size = run.pixels * run.channels;
  std::vector<ChannelSums> parts;
  Affine affine;
  for (std::int64_t sample = 0; sample < run.batch; ++sample) {
#pragma omp parallel
    {
#pragma omp single
      parts.assign(static_cast<std::size_t>(omp_get_num_threads()), ChannelSums(0));
      const Range pixels = share(run.pixels, omp_get_thread_num(), omp_get_num_threads());
      parts[static_cast<std::size_t>(omp_get_thread_num())] =
          sum_pixels(from + sample * size, pixels, run.channels);
#pragma omp barrier
#pragma omp single
      affine = normalise(run, parts);
      for (std::int64_t p = pixels.begin; p < pixels.end; ++p) {
        const std::int64_t at = sample * size + p * run.channels;
        apply_pixel(run, affine, from + at, to + at);
      }
    }
  }
}

template <class From, class To>
void norm_row(const RowNormRun& run, const From* from, To* to) {
  Lanes sum = _mm512_setzero_ps();
  if (run.norm == RowNorm::kLayer)
    for (std::int64_t c = 0; c < run.channels; c += kLanes)
      sum = _mm512_add_ps(sum,
                          load(from + c, first_lanes(static_cast<std::size_t>(run.channels - c))));
  const auto count = static_cast<float>(run.channels);
  const Lanes mean = splat(_mm512_reduce_add_ps(sum) / count);
  Lanes square = _mm512_setzero_ps();
  for (std::int64_t c = 0; c < run.channels; c += kLanes) {
    const auto mask = first_lanes(static_cast<std::size_t>(run.channels - c));
    const Lanes x = _mm512_maskz_sub_ps(mask, load(from + c, mask), mean);
    square = _mm512_fmadd_ps(x, x, square);
  }
  const Lanes scale = splat(1 / std::sqrt(_mm512_reduce_add_ps(square) / count + run.eps));
  for (std::int64_t c = 0; c < run.channels; c += kLanes) {
    const auto mask = first_lanes(static_cast<std::size_t>(run.channels - c));
    const Lanes x = _mm512_mul_ps(_mm512_sub_ps(load(from + c, mask), mean), scale);
    const Lanes bias = run.bias != nullptr ? load(run.bias + c, mask) : _mm512_setzero_ps();
    store(to + c, _mm512_fmadd_ps(x, load(run.weight + c, mask), bias), mask);
  }
}

}  // namespace

void run_group_norm(const GroupNormRun& run) {
  with_pointer(run.from_cell, run.from, [&](const auto* from) {
    with_pointer(run.to_cell, run.to, [&](auto* to) { group_norm(run, from, to); });
  });
}

void run_row_norm(const RowNormRun& run) {
  with_pointer(run.from_cell, run.from, [&](const auto* from) {
    with_pointer(run.to_cell, run.to, [&](auto* to) {
#pragma omp parallel for schedule(static)
      for (std::int64_t row = 0; row < run.rows; ++row)
        norm_row(run, from + row * run.channels, to + row * run.channels);
    });
  });
}

}  // namespace diptych::onednn
