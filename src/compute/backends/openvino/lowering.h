#pragma once
// A graph as a model of OpenVINO: one row of a table per op.

#include <memory>
#include <openvino/core/model.hpp>
#include <span>
#include <vector>

#include "base/error.h"
#include "compute/backends/openvino/weight_constants.h"
#include "compute/graph/graph.h"

namespace diptych::openvino {

using Outputs = ov::OutputVector;

ov::Shape to_ov(const Shape& shape);
Output scalar(float value);
Output int_list(std::vector<std::int64_t> values);  // a constant vector: axes, sizes

// What the functions of the table see of the graph around a node.
class Lowering {
 public:
  Lowering(const Graph& graph, WeightConstants& weights)
      : graph_(graph), weights_(weights), values_(graph.nodes().size()) {}

  // Input `index` of `node` as a value in f32 or i32, whatever makes it.
  Output input(const Node& node, std::size_t index);
  const Node& input_node(const Node& node, std::size_t index) const {
    return graph_.node(node.inputs[index]);
  }
  // The same in another shape of as many elements.
  Output input_as(const Node& node, std::size_t index, const ov::Shape& shape);
  // A matrix or filter: where it is a weight, the plugin packs it.
  Output packed_input(const Node& node, std::size_t index, const ov::Shape& shape);
  // Rows `indices` of the table that is input `index`.
  Output rows_of_input(const Node& node, std::size_t index, const Output& indices);

  void set(Value value, Output output) { values_[value.id] = std::move(output); }
  Output get(Value value) { return get_as(value, to_ov(graph_.node(value).shape)); }

 private:
  Output get_as(Value value, const ov::Shape& shape);

  const Graph& graph_;
  WeightConstants& weights_;
  Outputs values_;
};

struct LoweringRow {
  Op op;
  Output (*lower)(Lowering& lowering, const Node& node);
};
std::span<const LoweringRow> layer_rows();    // with weights, and attention
std::span<const LoweringRow> element_rows();  // element by element
std::span<const LoweringRow> shape_rows();    // move elements

// Inputs and outputs are f32 or i32, in the order of the graph's. Throws what OpenVINO throws.
// kUnsupported: an op without a row. kInvalidArgument: a weight is missing or has another shape.
Result<std::shared_ptr<ov::Model>> lower(const Graph& graph, WeightConstants& weights);

}  // namespace diptych::openvino
