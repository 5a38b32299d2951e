#pragma once
// The shape of an op's result from its inputs' shapes, or what is wrong with them. One row per op.

#include <span>

#include "base/error.h"
#include "compute/graph/graph.h"

namespace diptych {

// kInput, kWeight and kConstant have their shape already. Errors: kInvalidArgument; the message
// names the op, the shapes and the rule.
Result<Shape> infer_shape(const Node& node, std::span<const Shape> inputs);

}  // namespace diptych
