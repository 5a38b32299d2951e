#pragma once
// And, or, not of value sets.

#include <functional>
#include <span>

#include "grammar/value/value_tables.h"

namespace diptych::grammar {

// May tell that a shape has no value at all; shapes of products that surely have none are dropped.
struct EmptyShapes {
  std::function<bool(ArrayId)> array;
  std::function<bool(ObjectId)> object;
};

class ValueAlgebra {
 public:
  ValueAlgebra(ValueTables& tables, const Limits& limits, EmptyShapes empty)
      : tables_(tables), limits_(limits), empty_(std::move(empty)) {}

  ValueSet nothing() const;
  ValueSet everything();
  ValueSet both(const ValueSet& a, const ValueSet& b);
  ValueSet either(const ValueSet& a, const ValueSet& b);
  ValueSet complement(const ValueSet& set);
  ValueSet exactly_one(std::span<const ValueSet* const> sets);
  // The values of one set or more; a shape for every combination, so that its annotations are those
  // of all the sets it is in.
  ValueSet some(std::span<const ValueSet* const> sets);

  // Products of shapes that may still be made; past it results are unknown.
  void allow_work(std::size_t products) { work_left_ = products; }
  bool work_is_spent() const { return work_left_ == 0; }
  bool met_negated_unique() const { return met_negated_unique_; }

  ArrayId any_array();
  ObjectId any_object();

 private:
  using Ids = std::vector<std::uint32_t>;

  Ids both_numbers(const Ids& a, const Ids& b);
  Ids both_arrays(const Ids& a, const Ids& b);
  Ids both_objects(const Ids& a, const Ids& b);
  void add_numbers(Ids& to, const Ids& from);
  void add_arrays(Ids& to, const Ids& from);
  void add_objects(Ids& to, const Ids& from);
  Ids not_numbers(const Ids& numbers);
  Ids not_arrays(const Ids& arrays, bool& unknown);
  Ids not_objects(const Ids& objects);
  void one_scalar(std::span<const ValueSet* const> sets, ValueSet& result);
  void one_shape(std::span<const ValueSet* const> sets, ValueSet& result);
  bool too_many(const ValueSet& set) const;
  bool take_work();

  ValueTables& tables_;
  const Limits& limits_;
  EmptyShapes empty_;
  bool met_negated_unique_ = false;
  std::size_t work_left_ = 0;
};

}  // namespace diptych::grammar
