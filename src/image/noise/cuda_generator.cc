#include "image/noise/cuda_generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/rng.h"

namespace diptych {
namespace {

constexpr std::uint64_t kThreadsPerBlock = 256;
constexpr std::uint64_t kNormalsPerRound = 4;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// Normal `which` (0 to 3) of one counter: (sine, cosine) of words 0 and 1, then of words 2 and 3.
// The factors are rounded to float as in curand.
float box_muller(const std::array<std::uint32_t, 4>& words, std::size_t which) {
  constexpr double kScale = static_cast<double>(0x1p-32F);
  constexpr double kAngleScale =
      static_cast<double>(static_cast<float>(0x1p-32 * 2.0 * std::numbers::pi));
  const std::size_t first = which / 2 * 2;
  const double u = words[first] * kScale + kScale / 2;
  const double angle = words[first + 1] * kAngleScale + kAngleScale / 2;
  const double radius = std::sqrt(-2.0 * std::log(u));
  return static_cast<float>(radius * (which % 2 == 0 ? std::sin(angle) : std::cos(angle)));
}

}  // namespace

void CudaGenerator::fill(std::span<float> out) {
  const std::uint64_t blocks = (out.size() + kThreadsPerBlock - 1) / kThreadsPerBlock;
  std::uint64_t threads = std::max<std::uint64_t>(blocks, 1) * kThreadsPerBlock;
  if (threads_max_ > 0)
    threads = std::min<std::uint64_t>(threads, static_cast<unsigned>(threads_max_));
  const std::uint64_t per_round = threads * kNormalsPerRound;
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const std::uint64_t thread = i % threads;
    const std::uint32_t round = rounds_ + low(i / per_round);
    const auto words = philox4x32({round, 0, low(thread), high(thread)}, {low(seed_), high(seed_)});
    out[i] = box_muller(words, i % per_round / threads);
  }
  rounds_ += low((out.size() + per_round - 1) / per_round);
}

}  // namespace diptych
