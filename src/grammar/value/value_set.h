#pragma once
// What a formula comes to: for each JSON type what it allows, so that a conjunction never mixes
// types. A union everywhere: of numbers, of array shapes, of object shapes.

#include <cstdint>
#include <vector>

#include "grammar/text/language.h"
#include "grammar/value/formula.h"

namespace diptych::grammar {

using NameId = std::uint32_t;
using NumberSetId = std::uint32_t;
using ArrayId = std::uint32_t;
using ObjectId = std::uint32_t;

inline constexpr std::uint32_t kNoLimit = 0xffff'ffff;

// Between `min` and `max` items at `from` or later are such values.
struct CountedItems {
  NodeId node = kEverything;
  std::uint32_t from = 0, min = 0, max = kNoLimit;
};

struct ArrayShape {  // an array with all of this
  std::vector<NodeId> prefix;
  NodeId rest = kEverything;
  std::uint32_t min = 0, max = kNoLimit;
  std::vector<CountedItems> counted;
  bool unique = false;
  // Annotations: items before evaluated_prefix were looked at, and those that are evaluated_if.
  std::uint32_t evaluated_prefix = 0;
  NodeId evaluated_if = kNothing;
};

struct Declared {
  NameId name = 0;
  NodeId node = kEverything;  // everything that applies to the name
};
struct NameRule {
  Language names;
  NodeId node = kEverything;
};
struct FreeNames {  // names that are not declared: every rule that matches, else `otherwise`
  std::vector<NameRule> rules;
  NodeId otherwise = kEverything;
};
struct Implied {
  NameId present = 0;
  std::vector<NameId> required;
};

struct ObjectShape {               // an object with all of this
  std::vector<Declared> declared;  // each name once, in document order
  std::vector<FreeNames> free;     // all of them apply
  Language names;                  // every name is one of these
  std::vector<NameId> required;    // sorted; all declared
  std::uint32_t min = 0, max = kNoLimit;
  std::vector<Implied> implied;  // names in it are declared
  std::vector<NameRule> wanted;  // for each: some member has such a name and such a value
  Language evaluated;            // annotation: names that were looked at
};

struct ValueSet {
  bool null = false, no = false, yes = false;
  bool unknown = false;  // could not be worked out: neither empty nor inhabited nor to be negated
  std::vector<NumberSetId> numbers;
  Language strings;
  std::vector<ArrayId> arrays;
  std::vector<ObjectId> objects;
};

}  // namespace diptych::grammar
