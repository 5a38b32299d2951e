#pragma once
// What the machine needs to walk an object that may follow several shapes at once: their names in
// one list, spelled and sorted, and the other names cut into classes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/value/object_outlook.h"

namespace diptych::grammar {

// Targets: which of the values asked for a shape would be; a sorted sequence of indexes.
struct TargetedShape {
  std::uint32_t shape = 0;
  SequenceId targets = 0;
};

struct SpelledNames {  // canonical JSON, without quotes, sorted by bytes
  struct Range {
    std::uint32_t begin = 0, end = 0;
    bool empty() const { return begin == end; }
  };
  std::vector<std::string> texts;
  std::vector<std::uint32_t> indexes;  // of texts[i] in the list of declared names

  Range all() const { return {0, static_cast<std::uint32_t>(texts.size())}; }
  // Those of `range`, which share `depth` bytes, that go on with `byte`.
  Range narrow(Range range, std::uint32_t depth, std::uint8_t byte) const;
  // The one of `range` that has exactly `depth` bytes.
  std::optional<std::uint32_t> whole(Range range, std::uint32_t depth) const;
};

struct ObjectPlan {
  std::vector<ObjectForm> forms;  // all declare the same names, in one order
  std::vector<SequenceId> targets;
  SpelledNames names;
  std::vector<std::uint64_t> name_hashes;  // text hashes, by declared index
  std::vector<NameClass> classes;
  std::uint32_t count_max = 0;  // members beyond make no difference
  bool plain = true;            // of all forms

  std::uint32_t declared_count() const {
    return static_cast<std::uint32_t>(forms.front().shape.declared.size());
  }
  const Declared& declared(std::size_t form, std::uint32_t index) const {
    return forms[form].shape.declared[index];
  }
};

// nullopt: too many classes of names.
std::optional<ObjectPlan> make_object_plan(ValueNodes& nodes,
                                           const std::vector<TargetedShape>& shapes);

}  // namespace diptych::grammar
