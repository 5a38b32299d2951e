#include "image/noise/brownian_tree.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "image/noise/seed_sequence.h"

namespace diptych {
namespace {

constexpr int kTimeDigits = 6;         // of torchsde's tolerance 1e-6
constexpr std::size_t kRecentMax = 3;  // a step's two ends and its middle

// As Python's round(time, 6): decided by the exact binary value. Midpoints are often near ties.
double rounded(double time) {
  std::array<char, 64> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), time,
                                     std::chars_format::fixed, kTimeDigits);
  CHECK(written.ec == std::errc{});
  double value = 0;
  std::from_chars(text.data(), written.ptr, value);
  return value;
}

}  // namespace

BrownianTree::BrownianTree(std::uint64_t seed, Range range, std::size_t size, RandomSource source)
    : seed_(seed),
      range_{rounded(range.start), rounded(range.end)},
      size_(size),
      source_(source),
      total_(normals(seed_words(seed, {}, 1)[0])) {
  CHECK(range.start < range.end);
  const double scale = std::sqrt(range.end - range.start);
  for (double& value : total_) value *= scale;
}

std::vector<double> BrownianTree::normals(std::uint32_t seed) const {
  std::vector<float> drawn(size_);
  make_generator(source_, seed)->fill(drawn);
  return {drawn.begin(), drawn.end()};
}

// Halves the interval around `time` until one of its ends is that time; a half's increment is drawn
// from the Brownian bridge over the whole.
std::vector<double> BrownianTree::compute(double time) const {
  std::vector<double> before(size_, 0.0);
  if (time <= range_.start) return before;
  if (time >= range_.end) return total_;
  std::vector<double> increment = total_;
  double left = range_.start, right = range_.end;
  for (std::uint32_t depth = 0, node = 0;; ++depth) {
    const double middle = rounded((left + right) / 2);
    const double share = (middle - left) / (right - left);
    const double deviation = std::sqrt((middle - left) * (right - middle) / (right - left));
    const std::array<std::uint32_t, 2> key{node, depth};
    const std::vector<double> drawn = normals(seed_words(seed_, key, 1)[0]);
    const bool is_left = time <= middle;
    for (std::size_t i = 0; i < size_; ++i) {
      const double first = share * increment[i] + deviation * drawn[i];
      if (!is_left) before[i] += first;
      increment[i] = is_left ? first : increment[i] - first;
    }
    (is_left ? right : left) = middle;
    node = 2 * node + (is_left ? 0 : 1);
    if (time == right) break;
  }
  for (std::size_t i = 0; i < size_; ++i) before[i] += increment[i];
  return before;
}

const std::vector<double>& BrownianTree::value_at(double time) {
  const auto known = std::ranges::find(recent_, time, &Point::time);
  if (known != recent_.end()) {
    std::rotate(known, known + 1, recent_.end());
    return recent_.back().value;
  }
  if (recent_.size() == kRecentMax) recent_.erase(recent_.begin());
  return recent_.emplace_back(time, compute(time)).value;
}

std::vector<double> BrownianTree::increment(double from, double to) {
  std::vector<double> result = value_at(rounded(to));
  const std::vector<double>& start = value_at(rounded(from));
  const double scale = 1 / std::sqrt(std::abs(to - from));
  for (std::size_t i = 0; i < size_; ++i) result[i] = (result[i] - start[i]) * scale;
  return result;
}

}  // namespace diptych
