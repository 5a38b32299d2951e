#pragma once
// The subset of JSON Schema that OpenAI's strict mode takes, refused in its words. A check of the
// text before it is read as a schema; what passes is read and enforced like any other.

#include "grammar/schema/json_value.h"

namespace diptych::grammar {

Compiled<void> check_openai_strict(const JsonNode& root);

}  // namespace diptych::grammar
