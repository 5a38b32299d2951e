#pragma once
// The numbers of one sign in a set, by magnitude: the questions that reading digits asks of it.

#include <cstdint>
#include <optional>
#include <vector>

#include "grammar/value/decimal_steps.h"
#include "grammar/value/number_set.h"

namespace diptych::grammar {

struct MagnitudeRange {  // of a low end that is in, unless low_open; likewise high; no high: no end
  Decimal low;
  bool low_open = false;
  std::optional<Decimal> high;
  bool high_open = false;

  bool is_empty() const;
  bool contains(const Decimal& magnitude) const;
};
MagnitudeRange meet(const MagnitudeRange& a, const MagnitudeRange& b);

class NumberSide {
 public:
  NumberSide(const NumberSet& set, bool negative);

  bool negative() const { return negative_; }
  const MagnitudeRange& range() const { return range_; }  // from the set's bounds alone
  const std::optional<Decimal>& step() const { return step_; }
  bool contains(const Decimal& magnitude) const;
  // Whether a number of the set lies in the range; of those with at most `places` digits after the
  // point.
  bool meets(const MagnitudeRange& range, std::optional<std::int64_t> places) const;
  std::optional<std::uint64_t> count() const;  // nullopt: infinitely many
  // The magnitudes at which what is allowed changes: bounds, listed values, exceptions; not zero.
  std::vector<Decimal> turning_points() const;

 private:
  struct Grid {  // indices of steps
    Natural first;
    std::optional<Natural> end;  // one past the last; nullopt: no last
  };
  static std::optional<Grid> grid_in(const MagnitudeRange& range, const Decimal& step);
  void narrow_to_what_can_be_written();
  bool meets_grid(const MagnitudeRange& range, const Decimal& step) const;
  std::uint64_t count_grid() const;

  const NumberSet* set_;
  bool negative_;
  MagnitudeRange range_;
  std::optional<Decimal> step_;
};

}  // namespace diptych::grammar
