#pragma once
// And and not of object shapes.

#include <vector>

#include "grammar/value/value_tables.h"

namespace diptych::grammar {

ObjectShape any_object(const ValueTables& tables);
bool is_any(const ObjectShape& shape, const ValueTables& tables);

// What an undeclared name's value must be under the free rules alone; kNothing when it may not
// come.
NodeId free_node(ValueTables& tables, const ObjectShape& shape, std::string_view name);
const Declared* find_declared(const ObjectShape& shape, NameId name);

// Adds a name to the declared ones, with what the free rules say of it.
Declared& declare(ValueTables& tables, ObjectShape& shape, NameId name);
void require(ValueTables& tables, ObjectShape& shape, NameId name);

ObjectShape both(ValueTables& tables, const ObjectShape& a, const ObjectShape& b);
std::vector<ObjectShape> complement(ValueTables& tables, const ObjectShape& shape);  // a union

}  // namespace diptych::grammar
