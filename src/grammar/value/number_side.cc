#include "grammar/value/number_side.h"

#include <algorithm>
#include <utility>

namespace diptych::grammar {
namespace {

// Candidates looked at before a grid that exceptions and non-multiples thin out is given up.
constexpr std::uint64_t kCandidatesMax = 4096;
constexpr std::uint64_t kCountedMax = 100'000;

// Numbers beyond 10^±5000 cannot be written within the digits that are read.
constexpr std::int64_t kMagnitudeMax = 5000;

const Decimal kOne{.digits = "1"};

bool is_extreme(const Decimal& value) {
  return value.exponent < -kMagnitudeMax || magnitude_of(value) > kMagnitudeMax;
}

bool is_point(const MagnitudeRange& range) { return range.high && *range.high == range.low; }

// The larger low end, or the one that leaves its point out.
bool starts_later(const MagnitudeRange& a, const MagnitudeRange& b) {
  const auto order = compare(a.low, b.low);
  return order > 0 || (order == 0 && a.low_open);
}

bool ends_earlier(const MagnitudeRange& a, const MagnitudeRange& b) {
  if (!a.high || !b.high) return a.high.has_value();
  const auto order = compare(*a.high, *b.high);
  return order < 0 || (order == 0 && a.high_open);
}

}  // namespace

bool MagnitudeRange::is_empty() const {
  if (!high) return false;
  const auto order = compare(low, *high);
  return order > 0 || (order == 0 && (low_open || high_open));
}

bool MagnitudeRange::contains(const Decimal& magnitude) const {
  const auto from_low = compare(magnitude, low);
  if (from_low < 0 || (from_low == 0 && low_open)) return false;
  if (!high) return true;
  const auto to_high = compare(magnitude, *high);
  return to_high < 0 || (to_high == 0 && !high_open);
}

MagnitudeRange meet(const MagnitudeRange& a, const MagnitudeRange& b) {
  MagnitudeRange common = starts_later(a, b) ? a : b;
  const MagnitudeRange& end = ends_earlier(a, b) ? a : b;
  common.high = end.high;
  common.high_open = end.high_open;
  return common;
}

NumberSide::NumberSide(const NumberSet& set, bool negative) : set_(&set), negative_(negative) {
  const auto& near = negative ? set.maximum : set.minimum;  // the bound on the side of zero
  const auto& far = negative ? set.minimum : set.maximum;
  const bool near_open = negative ? set.maximum_exclusive : set.minimum_exclusive;
  const bool far_open = negative ? set.minimum_exclusive : set.maximum_exclusive;
  range_.low_open = negative;  // zero belongs to the other side
  if (near && !near->is_zero() && near->negative == negative) {
    range_.low = absolute(*near);
    range_.low_open = near_open;
  } else if (near && near->is_zero()) {
    range_.low_open = negative || near_open;
  }
  if (far) {
    const bool beyond = far->negative != negative && !far->is_zero();
    range_.high = beyond ? Decimal{} : absolute(*far);
    range_.high_open = beyond || far_open;
  }
  std::vector<Decimal> steps = set.multiples;
  if (set.integer) steps.push_back(kOne);
  narrow_to_what_can_be_written();
  if (std::ranges::any_of(steps, is_extreme)) {
    range_ = {.low_open = range_.low_open, .high = Decimal{}};  // of those multiples only zero can
  } else {
    step_ = common_step(steps);
  }
}

void NumberSide::narrow_to_what_can_be_written() {
  if (range_.high && magnitude_of(*range_.high) > kMagnitudeMax) range_.high.reset();
  if (range_.high && range_.high->exponent < -kMagnitudeMax) range_.high = Decimal{};
  if (is_extreme(range_.low)) {
    const bool too_large = magnitude_of(range_.low) > kMagnitudeMax;
    range_.low = Decimal{};
    range_.low_open = true;
    if (too_large) range_.high = Decimal{};
  }
}

bool NumberSide::contains(const Decimal& magnitude) const {
  Decimal value = magnitude;
  value.negative = negative_ && !magnitude.is_zero();
  return grammar::contains(*set_, value);
}

bool NumberSide::meets(const MagnitudeRange& range, std::optional<std::int64_t> places) const {
  const MagnitudeRange common = meet(range_, range);
  if (common.is_empty()) return false;
  if (set_->among) {
    return std::ranges::any_of(*set_->among, [&](const Decimal& value) {
      return (value.negative == negative_) && common.contains(absolute(value)) &&
             (!places || value.exponent >= -*places) && grammar::contains(*set_, value);
    });
  }
  std::optional<Decimal> grid = step_;
  if (places) {
    const Decimal smallest{.digits = "1", .exponent = -*places};
    if (!grid || grid->exponent < -*places) grid = grid ? common_step({*grid, smallest}) : smallest;
  }
  if (grid) return meets_grid(common, *grid);
  return is_point(common) ? contains(common.low) : true;  // else dense, whatever is left out
}

std::optional<NumberSide::Grid> NumberSide::grid_in(const MagnitudeRange& range,
                                                    const Decimal& step) {
  Grid grid{.first = steps_up_to(range.low, step)};
  if (step_number(grid.first, step) != range.low || range.low_open) {
    grid.first = grid.first + Natural(1);
  }
  if (!range.high) return grid;
  grid.end = steps_up_to(*range.high, step);
  if (step_number(*grid.end, step) != *range.high || !range.high_open) {
    grid.end = *grid.end + Natural(1);
  }
  if (*grid.end <= grid.first) return std::nullopt;
  return grid;
}

bool NumberSide::meets_grid(const MagnitudeRange& range, const Decimal& step) const {
  const auto grid = grid_in(range, step);
  if (!grid) return false;
  // Within one period of all non-multiples some step is none of them, unless all steps are.
  std::uint64_t candidates = 1 + set_->except.size();
  for (const Decimal& avoided : set_->not_multiples) {
    const std::uint64_t every = period(step, avoided).saturated();
    if (every == 1) return range.contains(Decimal{}) && contains(Decimal{});
    candidates = std::min(candidates, kCandidatesMax) * std::min(every, kCandidatesMax);
  }
  if (set_->not_integer) {
    const std::uint64_t every = period(step, kOne).saturated();
    if (every == 1) return false;
    candidates = std::min(candidates, kCandidatesMax) * std::min(every, kCandidatesMax);
  }
  Natural index = grid->first;
  for (std::uint64_t i = 0; i < std::min(candidates, kCandidatesMax); ++i) {
    if (grid->end && index >= *grid->end) return false;
    if (contains(step_number(index, step))) return true;
    index = index + Natural(1);
  }
  return false;
}

std::optional<std::uint64_t> NumberSide::count() const {
  if (range_.is_empty() || !meets({}, std::nullopt)) return 0;
  if (set_->among) {
    std::vector<Decimal> seen;
    for (const Decimal& value : *set_->among) {
      const bool counts = value.negative == negative_ && grammar::contains(*set_, value);
      if (counts && std::ranges::find(seen, value) == seen.end()) seen.push_back(value);
    }
    return seen.size();
  }
  if (is_point(range_)) return 1;
  if (!step_ || !range_.high) return std::nullopt;
  return count_grid();
}

// Exact up to a size; beyond, exceptions and non-multiples are all taken off: not more than it is.
std::uint64_t NumberSide::count_grid() const {
  const auto grid = grid_in(range_, *step_);
  if (!grid) return 0;
  const std::uint64_t steps = (*grid->end - grid->first).saturated();
  const bool thinned = !set_->except.empty() || !set_->not_multiples.empty() || set_->not_integer;
  if (!thinned) return steps;
  std::uint64_t count = 0;
  if (steps <= kCountedMax) {
    Natural index = grid->first;
    for (std::uint64_t i = 0; i < steps; ++i, index = index + Natural(1)) {
      if (contains(step_number(index, *step_))) ++count;
    }
    return count;
  }
  std::uint64_t taken = set_->except.size();
  std::vector<Decimal> avoided = set_->not_multiples;
  if (set_->not_integer) avoided.push_back(kOne);
  for (const Decimal& of : avoided) taken += steps / period(*step_, of).saturated() + 1;
  return taken < steps ? steps - taken : 1;
}

std::vector<Decimal> NumberSide::turning_points() const {
  std::vector<Decimal> points{range_.low};
  if (range_.high) points.push_back(*range_.high);
  const auto add = [&](const Decimal& value) {
    if (value.negative == negative_) points.push_back(absolute(value));
  };
  if (set_->among) std::ranges::for_each(*set_->among, add);
  std::ranges::for_each(set_->except, add);
  std::ranges::sort(points, [](const Decimal& a, const Decimal& b) { return compare(a, b) < 0; });
  const auto repeats = std::ranges::unique(points);
  points.erase(repeats.begin(), repeats.end());
  std::erase_if(points, [](const Decimal& point) { return point.is_zero(); });
  return points;
}

}  // namespace diptych::grammar
