// oneOf: where the branches share no value it is their union; elsewhere each branch without the
// others that it overlaps.
#include <algorithm>

#include "grammar/value/value_algebra.h"

namespace diptych::grammar {
namespace {

using Ids = std::vector<std::uint32_t>;

// Which pairs of branches may share a value of one type.
template <class Meet>
std::vector<std::vector<std::size_t>> overlaps(const std::vector<const Ids*>& branches,
                                               const Meet& meet) {
  std::vector<std::vector<std::size_t>> partners(branches.size());
  for (std::size_t i = 0; i < branches.size(); ++i) {
    for (std::size_t j = i + 1; j < branches.size(); ++j) {
      if (branches[i]->empty() || branches[j]->empty() || meet(*branches[i], *branches[j]).empty())
        continue;
      partners[i].push_back(j);
      partners[j].push_back(i);
    }
  }
  return partners;
}

}  // namespace

ValueSet ValueAlgebra::exactly_one(std::span<const ValueSet* const> sets) {
  ValueSet result = nothing();
  result.unknown = std::ranges::any_of(sets, [](auto* set) { return set->unknown; });
  if (result.unknown) return result;
  one_scalar(sets, result);
  one_shape(sets, result);
  result.unknown |= too_many(result);
  return result;
}

void ValueAlgebra::one_scalar(std::span<const ValueSet* const> sets, ValueSet& result) {
  const auto once = [&](bool ValueSet::* member) {
    return std::ranges::count_if(sets, [&](auto* set) { return set->*member; }) == 1;
  };
  result.null = once(&ValueSet::null);
  result.no = once(&ValueSet::no);
  result.yes = once(&ValueSet::yes);
  Languages& languages = tables_.languages;
  Language twice = languages.none();
  Ids numbers_twice;
  for (const ValueSet* set : sets) {
    const Language again = languages.both(result.strings, set->strings);
    twice = languages.either(twice, again);
    result.strings = languages.either(result.strings, set->strings);
    add_numbers(numbers_twice, both_numbers(result.numbers, set->numbers));
    add_numbers(result.numbers, set->numbers);
  }
  result.strings = languages.both(result.strings, languages.negated(twice));
  if (!numbers_twice.empty()) {
    result.numbers = both_numbers(result.numbers, not_numbers(numbers_twice));
  }
}

void ValueAlgebra::one_shape(std::span<const ValueSet* const> sets, ValueSet& result) {
  std::vector<const Ids*> arrays, objects;
  for (const ValueSet* set : sets) {
    arrays.push_back(&set->arrays);
    objects.push_back(&set->objects);
  }
  const auto both_present = [&](auto meet, auto empty) {
    return [=, this](const Ids& a, const Ids& b) {
      Ids common = (this->*meet)(a, b);
      std::erase_if(common, empty);
      return common;
    };
  };
  const auto array_partners =
      overlaps(arrays, both_present(&ValueAlgebra::both_arrays, empty_.array));
  const auto object_partners =
      overlaps(objects, both_present(&ValueAlgebra::both_objects, empty_.object));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    Ids alone = *arrays[i];
    for (const std::size_t j : array_partners[i]) {
      alone = both_arrays(alone, not_arrays(*arrays[j], result.unknown));
    }
    add_arrays(result.arrays, alone);
    alone = *objects[i];
    for (const std::size_t j : object_partners[i]) {
      alone = both_objects(alone, not_objects(*objects[j]));
      if (alone.size() > limits_.alternatives_max) break;
    }
    add_objects(result.objects, alone);
  }
}

}  // namespace diptych::grammar
