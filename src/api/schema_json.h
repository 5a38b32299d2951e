#pragma once
// What a field table says about itself: JSON Schema for the OpenAPI document, and the list for
// /capabilities.

#include "api/field.h"
#include "base/json.h"

namespace diptych {

Json schema_json(
    const BodySchema& schema);  // JSON Schema of the body; nested schemas are written in place
Json support_json(const BodySchema& schema);  // {"honoured": […], "ignored": {name: reason},
                                              // "refused": {name: reason}}

}  // namespace diptych
