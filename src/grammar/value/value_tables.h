#pragma once
// The tables that the parts of a schema machine share: formulas, strings, names, numbers, shapes.
// Everything in them is kept once and never changes, so ids stand for content.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/policy.h"
#include "grammar/text/language.h"
#include "grammar/value/formula.h"
#include "grammar/value/number_set.h"
#include "grammar/value/sequence_table.h"
#include "grammar/value/value_set.h"

namespace diptych::grammar {

class NameTable {
 public:
  NameId intern(std::string_view name);
  const std::string& operator[](NameId id) const { return names_[id]; }
  std::size_t memory_bytes() const { return bytes_; }

 private:
  std::deque<std::string> names_;  // addresses stay: ids_ looks into them
  std::unordered_map<std::string_view, NameId> ids_;
  std::size_t bytes_ = 0;
};

class NumberSetTable {  // 0: every number
 public:
  NumberSetTable() { intern({}); }
  NumberSetId intern(NumberSet set);
  const NumberSet& operator[](NumberSetId id) const { return sets_[id]; }
  std::size_t memory_bytes() const { return bytes_; }

 private:
  std::deque<NumberSet> sets_;
  std::unordered_map<std::string, NumberSetId> ids_;
  std::size_t bytes_ = 0;
};

void write_words(const ArrayShape& shape, std::vector<std::uint32_t>& words);
void write_words(const ObjectShape& shape, std::vector<std::uint32_t>& words);

template <class Shape>
class ShapeTable {
 public:
  std::uint32_t intern(Shape shape) {
    std::vector<std::uint32_t> words;
    write_words(shape, words);
    const SequenceId id = keys_.intern(words) - 1;  // no shape is the empty sequence
    if (id == shapes_.size()) shapes_.push_back(std::move(shape));
    return id;
  }
  const Shape& operator[](std::uint32_t id) const { return shapes_[id]; }
  std::size_t size() const { return shapes_.size(); }
  std::size_t memory_bytes() const {
    return 3 * keys_.memory_bytes() + shapes_.size() * sizeof(Shape);
  }

 private:
  SequenceTable keys_;
  std::deque<Shape> shapes_;
};

struct ValueTables {
  explicit ValueTables(const Limits& limits) : languages(limits) {}

  Formulas formulas;
  Languages languages;
  NameTable names;
  NumberSetTable numbers;
  ShapeTable<ArrayShape> arrays;
  ShapeTable<ObjectShape> objects;

  std::size_t memory_bytes() const;
};

}  // namespace diptych::grammar
