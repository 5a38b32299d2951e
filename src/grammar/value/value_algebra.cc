#include "grammar/value/value_algebra.h"

#include <algorithm>

#include "grammar/value/array_shape.h"
#include "grammar/value/object_shape.h"

namespace diptych::grammar {
namespace {

void add(std::vector<std::uint32_t>& ids, std::uint32_t id) {
  if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

bool is_list(const NumberSet& set) {  // a list of values and nothing else
  return set.among && !set.minimum && !set.maximum && !set.integer && !set.not_integer &&
         !set.plain && set.multiples.empty() && set.not_multiples.empty() && set.except.empty();
}

// A union with all arrays (objects) needs no other shape, except those with annotations.
template <class Annotated>
void add_absorbing(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from,
                   std::uint32_t any, const Annotated& annotated) {
  for (const std::uint32_t id : from) {
    if (id == any) std::erase_if(to, [&](std::uint32_t known) { return !annotated(known); });
    if (std::ranges::find(to, any) == to.end() || annotated(id)) add(to, id);
  }
}

}  // namespace

ValueSet ValueAlgebra::nothing() const {
  ValueSet set;
  set.strings = tables_.languages.none();
  return set;
}

ValueSet ValueAlgebra::everything() {
  return {.null = true,
          .no = true,
          .yes = true,
          .numbers = {0},
          .strings = tables_.languages.all(),
          .arrays = {any_array()},
          .objects = {any_object()}};
}

ArrayId ValueAlgebra::any_array() { return tables_.arrays.intern({}); }
ObjectId ValueAlgebra::any_object() { return tables_.objects.intern(grammar::any_object(tables_)); }

bool ValueAlgebra::too_many(const ValueSet& set) const {
  return work_left_ == 0 || set.numbers.size() > limits_.alternatives_max ||
         set.arrays.size() > limits_.alternatives_max ||
         set.objects.size() > limits_.alternatives_max;
}

ValueSet ValueAlgebra::both(const ValueSet& a, const ValueSet& b) {
  ValueSet set;
  set.null = a.null && b.null;
  set.no = a.no && b.no;
  set.yes = a.yes && b.yes;
  set.unknown = a.unknown || b.unknown ||
                a.objects.size() * b.objects.size() > 16 * limits_.alternatives_max ||
                a.arrays.size() * b.arrays.size() > 16 * limits_.alternatives_max;
  set.strings = tables_.languages.both(a.strings, b.strings);
  if (set.unknown) return set;
  set.numbers = both_numbers(a.numbers, b.numbers);
  set.arrays = both_arrays(a.arrays, b.arrays);
  set.objects = both_objects(a.objects, b.objects);
  set.unknown = too_many(set);
  return set;
}

bool ValueAlgebra::take_work() {
  if (work_left_ > 0) --work_left_;
  return work_left_ > 0;
}

ValueSet ValueAlgebra::either(const ValueSet& a, const ValueSet& b) {
  ValueSet set = a;
  set.null |= b.null;
  set.no |= b.no;
  set.yes |= b.yes;
  set.strings = tables_.languages.either(a.strings, b.strings);
  add_numbers(set.numbers, b.numbers);
  add_arrays(set.arrays, b.arrays);
  add_objects(set.objects, b.objects);
  set.unknown = a.unknown || b.unknown || too_many(set);
  return set;
}

ValueSet ValueAlgebra::complement(const ValueSet& set) {
  ValueSet result;
  result.null = !set.null;
  result.no = !set.no;
  result.yes = !set.yes;
  result.unknown = set.unknown;
  result.strings = tables_.languages.negated(set.strings);
  if (set.unknown) return result;
  result.numbers = not_numbers(set.numbers);
  result.arrays = not_arrays(set.arrays, result.unknown);
  result.objects = not_objects(set.objects);
  result.unknown |= too_many(result);
  return result;
}

ValueSet ValueAlgebra::some(std::span<const ValueSet* const> sets) {
  ValueSet result = nothing();
  for (const ValueSet* set : sets) {
    const ValueSet together = both(result, *set);
    result = either(either(result, *set), together);
    if (result.unknown) return result;
  }
  return result;
}

ValueAlgebra::Ids ValueAlgebra::both_numbers(const Ids& a, const Ids& b) {
  Ids product;
  for (const NumberSetId x : a) {
    for (const NumberSetId y : b) {
      if (x == 0 || y == 0 || x == y) {
        add(product, std::max(x, y));
        continue;
      }
      NumberSet set = intersect(tables_.numbers[x], tables_.numbers[y]);
      set.plain = tables_.numbers[x].plain || tables_.numbers[y].plain;
      if (!is_empty(set)) add(product, tables_.numbers.intern(std::move(set)));
    }
  }
  return product;
}

ValueAlgebra::Ids ValueAlgebra::both_arrays(const Ids& a, const Ids& b) {
  Ids product;
  const bool prune = a.size() * b.size() > 1;
  for (const ArrayId x : a) {
    for (const ArrayId y : b) {
      if (!take_work()) return {};
      ArrayShape shape = grammar::both(tables_, tables_.arrays[x], tables_.arrays[y]);
      if (shape.min > shape.max) continue;
      const ArrayId id = x == y ? x : tables_.arrays.intern(std::move(shape));
      if (!prune || !empty_.array(id)) add(product, id);
    }
  }
  return product;
}

ValueAlgebra::Ids ValueAlgebra::both_objects(const Ids& a, const Ids& b) {
  Ids product;
  const bool prune = a.size() * b.size() > 1;
  for (const ObjectId x : a) {
    for (const ObjectId y : b) {
      if (x == y) {
        add(product, x);
        continue;
      }
      if (!take_work()) return {};
      ObjectShape shape = grammar::both(tables_, tables_.objects[x], tables_.objects[y]);
      if (shape.min > shape.max) continue;
      const ObjectId id = tables_.objects.intern(std::move(shape));
      if (!prune || !empty_.object(id)) add(product, id);
    }
  }
  return product;
}

void ValueAlgebra::add_numbers(Ids& to, const Ids& from) {
  for (const NumberSetId id : from) {
    if (std::ranges::find(to, 0U) != to.end()) return;
    if (id == 0) to.clear();
    const auto list = std::ranges::find_if(
        to, [&](NumberSetId known) { return is_list(tables_.numbers[known]); });
    if (list == to.end() || !is_list(tables_.numbers[id])) {
      add(to, id);
      continue;
    }
    NumberSet merged = tables_.numbers[*list];
    for (const Decimal& value : *tables_.numbers[id].among) {
      if (std::ranges::find(*merged.among, value) == merged.among->end()) {
        merged.among->push_back(value);
      }
    }
    *list = tables_.numbers.intern(std::move(merged));
  }
}

void ValueAlgebra::add_arrays(Ids& to, const Ids& from) {
  add_absorbing(to, from, any_array(), [&](ArrayId id) {
    return tables_.arrays[id].evaluated_prefix != 0 || tables_.arrays[id].evaluated_if != kNothing;
  });
}

void ValueAlgebra::add_objects(Ids& to, const Ids& from) {
  add_absorbing(to, from, any_object(), [&](ObjectId id) {
    return tables_.objects[id].evaluated != tables_.languages.none();
  });
}

ValueAlgebra::Ids ValueAlgebra::not_numbers(const Ids& numbers) {
  Ids result = {0};
  for (const NumberSetId id : numbers) {
    Ids others;
    for (NumberSet& way : grammar::complement(tables_.numbers[id])) {
      if (!is_empty(way)) add(others, tables_.numbers.intern(std::move(way)));
    }
    result = both_numbers(result, others);
  }
  return result;
}

ValueAlgebra::Ids ValueAlgebra::not_arrays(const Ids& arrays, bool& unknown) {
  Ids result = {any_array()};
  for (const ArrayId id : arrays) {
    auto ways = grammar::complement(tables_, tables_.arrays[id]);
    if (!ways) {
      unknown = met_negated_unique_ = true;
      return {};
    }
    Ids others;
    for (ArrayShape& way : *ways) add(others, tables_.arrays.intern(std::move(way)));
    if (result.size() * others.size() > 16 * limits_.alternatives_max) {
      unknown = true;
      return {};
    }
    result = both_arrays(result, others);
  }
  return result;
}

ValueAlgebra::Ids ValueAlgebra::not_objects(const Ids& objects) {
  Ids result = {any_object()};
  for (const ObjectId id : objects) {
    Ids others;
    for (ObjectShape& way : grammar::complement(tables_, tables_.objects[id])) {
      add(others, tables_.objects.intern(std::move(way)));
    }
    if (result.size() * others.size() > 16 * limits_.alternatives_max) {
      return Ids(limits_.alternatives_max + 1);  // too_many() sees it
    }
    result = both_objects(result, others);
  }
  return result;
}

}  // namespace diptych::grammar
