#pragma once
#include "base/error.h"
#include "text/engine.h"
#include "text/generation.h"

namespace diptych {

// kInvalidArgument when the request could never run here, however long it waited. The api has
// checked its fields; this is what keeps a mistake there from becoming a stuck slot or a write out
// of bounds.
Status check_request(const GenerationRequest& request, const Engine& engine, int slot_count);

}  // namespace diptych
