#pragma once
// Query parameters of the native API, by rows like the fields of a body.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/field.h"
#include "jobs/stores.h"

namespace diptych {

// Reads every parameter of the query by its row; a text becomes the number or boolean that the row
// takes. An unknown or repeated one is 400, by name.
Status parse_query(const BodySchema& schema, const Call& call, void* request, Warnings& warnings);

struct PageFields {  // limit, after, order
  Page page{.ascending = false};
};
std::span<const Field> page_rows();  // fill PageFields

}  // namespace diptych
