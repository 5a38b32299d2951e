#pragma once
// Bodies as A1111 takes them.

#include <string_view>

#include "api/field.h"

namespace diptych::sdapi {

// Values in another spelling of the row's type become that type, as FastAPI's models read them:
// "20" and 20.0 where an integer is wanted, 1 and "true" where a bool is, null for an empty text
// where only a number is. What means nothing stays as it is, to be refused by the table.
void coerce_members(const BodySchema& schema, Json& object);

// "", "None", "Automatic", …: the words by which clients ask for no model of some kind.
bool asks_for_nothing(std::string_view name);
// A parse function of a row whose text may only be such a word.
Status refuse_name(const Json& value, const FieldSite& site);

// The row of a name, aliases included; nullptr: none.
const Field* find_row(const BodySchema& schema, std::string_view name);

// A body as it came → an object, coerced. Errors as parse_body().
Result<Json> read_body(const BodySchema& schema, std::string_view body);

}  // namespace diptych::sdapi
