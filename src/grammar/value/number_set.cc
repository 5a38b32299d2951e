#include "grammar/value/number_set.h"

#include <algorithm>
#include <utility>

#include "grammar/value/number_side.h"

namespace diptych::grammar {
namespace {

bool is_among(const std::vector<Decimal>& list, const Decimal& value) {
  return std::ranges::find(list, value) != list.end();
}

void add_missing(std::vector<Decimal>& list, const std::vector<Decimal>& more) {
  for (const Decimal& value : more) {
    if (!is_among(list, value)) list.push_back(value);
  }
}

void raise_minimum(NumberSet& set, const NumberSet& other) {
  if (!other.minimum) return;
  const auto order =
      set.minimum ? compare(*other.minimum, *set.minimum) : std::strong_ordering::greater;
  if (order > 0) {
    set.minimum = other.minimum;
    set.minimum_exclusive = other.minimum_exclusive;
  } else if (order == 0) {
    set.minimum_exclusive |= other.minimum_exclusive;
  }
}

void lower_maximum(NumberSet& set, const NumberSet& other) {
  if (!other.maximum) return;
  const auto order =
      set.maximum ? compare(*other.maximum, *set.maximum) : std::strong_ordering::less;
  if (order < 0) {
    set.maximum = other.maximum;
    set.maximum_exclusive = other.maximum_exclusive;
  } else if (order == 0) {
    set.maximum_exclusive |= other.maximum_exclusive;
  }
}

bool is_within_bounds(const NumberSet& set, const Decimal& value) {
  if (set.minimum) {
    const auto order = compare(value, *set.minimum);
    if (order < 0 || (order == 0 && set.minimum_exclusive)) return false;
  }
  if (set.maximum) {
    const auto order = compare(value, *set.maximum);
    if (order > 0 || (order == 0 && set.maximum_exclusive)) return false;
  }
  return true;
}

}  // namespace

NumberSet intersect(const NumberSet& a, const NumberSet& b) {
  NumberSet set = a;
  raise_minimum(set, b);
  lower_maximum(set, b);
  set.integer |= b.integer;
  set.not_integer |= b.not_integer;
  add_missing(set.multiples, b.multiples);
  add_missing(set.not_multiples, b.not_multiples);
  add_missing(set.except, b.except);
  if (!set.among) {
    set.among = b.among;
  } else if (b.among) {
    std::erase_if(*set.among, [&](const Decimal& value) { return !is_among(*b.among, value); });
  }
  return set;
}

bool contains(const NumberSet& set, const Decimal& value) {
  const auto divides = [&](const Decimal& of) { return is_multiple(value, of); };
  return is_within_bounds(set, value) && (!set.integer || value.is_integer()) &&
         (!set.not_integer || !value.is_integer()) && std::ranges::all_of(set.multiples, divides) &&
         std::ranges::none_of(set.not_multiples, divides) &&
         (!set.among || is_among(*set.among, value)) && !is_among(set.except, value);
}

bool is_empty(const NumberSet& set) {
  return !NumberSide(set, false).meets({}, std::nullopt) &&
         !NumberSide(set, true).meets({}, std::nullopt);
}

std::optional<std::uint64_t> count(const NumberSet& set) {
  const auto positive = NumberSide(set, false).count(), negative = NumberSide(set, true).count();
  if (!positive || !negative) return std::nullopt;
  return *positive > ~std::uint64_t{0} - *negative ? ~std::uint64_t{0} : *positive + *negative;
}

std::vector<NumberSet> complement(const NumberSet& set) {
  std::vector<NumberSet> sets;
  if (set.minimum) {
    sets.push_back({.maximum = set.minimum, .maximum_exclusive = !set.minimum_exclusive});
  }
  if (set.maximum) {
    sets.push_back({.minimum = set.maximum, .minimum_exclusive = !set.maximum_exclusive});
  }
  if (set.integer) sets.push_back({.not_integer = true});
  if (set.not_integer) sets.push_back({.integer = true});
  for (const Decimal& of : set.multiples) sets.push_back({.not_multiples = {of}});
  for (const Decimal& of : set.not_multiples) sets.push_back({.multiples = {of}});
  if (set.among) sets.push_back({.except = *set.among});
  if (!set.except.empty()) sets.push_back({.among = set.except});
  return sets;
}

}  // namespace diptych::grammar
