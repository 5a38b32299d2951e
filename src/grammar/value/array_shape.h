#pragma once
// And and not of array shapes.

#include <optional>
#include <vector>

#include "grammar/value/value_tables.h"

namespace diptych::grammar {

bool is_any(const ArrayShape& shape);
NodeId item_node(const ArrayShape& shape, std::uint32_t index);
ArrayShape both(ValueTables& tables, const ArrayShape& a, const ArrayShape& b);
// A union; nullopt for unique items: that two items are equal cannot be enforced.
std::optional<std::vector<ArrayShape>> complement(ValueTables& tables, const ArrayShape& shape);

}  // namespace diptych::grammar
