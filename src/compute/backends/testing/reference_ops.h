#pragma once
// Every op of the graph computed in f64 by the shortest loop that is obviously right: the oracle of
// the back ends' tests.

#include <span>

#include "compute/graph/graph.h"
#include "compute/tensor.h"

namespace diptych {

// kInput, kWeight and kConstant are not computed: the caller has them. Null for an op without a
// row.
using ReferenceOp = Tensor64 (*)(const Node& node, std::span<const Tensor64* const> inputs);
ReferenceOp find_reference_op(Op op);

}  // namespace diptych
