#pragma once
// A schema as a machine over the bytes of JSON text.

#include <memory>

#include "grammar/constraint.h"
#include "grammar/machine.h"
#include "grammar/schema/schema.h"

namespace diptych::grammar {

// kUnsatisfiable: no document satisfies it. Whatever is accepted here is enforced in full. The
// machine keeps the schema: it reads it as it is walked.
Compiled<std::unique_ptr<Machine>> make_schema_machine(std::shared_ptr<const Schema> schema,
                                                       const Policy& policy, const Limits& limits);

}  // namespace diptych::grammar
