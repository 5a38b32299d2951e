#pragma once
// The names that no schema declares, cut into classes that the same rules match.

#include <optional>
#include <vector>

#include "grammar/value/value_tables.h"

namespace diptych::grammar {

struct NameClass {
  Language names;
  std::vector<NodeId> nodes;          // for each shape what the value of such a name must be
  std::vector<std::uint32_t> wanted;  // for each shape the bits of its wanted members that fit
};

// nullopt: more classes than `classes_max`. Classes that no shape allows are left out; declared
// names are not taken out.
std::optional<std::vector<NameClass>> name_classes(ValueTables& tables,
                                                   std::span<const ObjectShape* const> shapes,
                                                   std::size_t classes_max);

}  // namespace diptych::grammar
