#pragma once
// script_name and alwayson_scripts: there are no scripts, but clients send the switched-off state
// of well-known ones with every request.

#include <span>

#include "api/field.h"

namespace diptych::sdapi {

// script_name, script_args, alwayson_scripts.
std::span<const Field> script_rows();

}  // namespace diptych::sdapi
