#pragma once
// A graph as a list of steps over one arena: one row of a table per op.

#include <functional>
#include <initializer_list>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "compute/backends/onednn/arena.h"
#include "compute/backends/onednn/stored.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"

namespace diptych::onednn {

using Run = std::function<void(dnnl::stream&)>;
using Bind = std::function<Run(const Arena&)>;  // called once, when the places of buffers are known

struct LoweredGraph {
  ArenaPlan arena;
  std::size_t scratchpad_bytes = 0;
  std::vector<Bind> steps;
  std::vector<Bind> fills;              // of buffers that never change, before the first run
  std::vector<Stored> inputs, outputs;  // in the order of the graph's; row-major, f32 or i32
  std::uint64_t weight_bytes = 0;
};

// What the functions of the table see of the graph around a node.
class Lowering {
 public:
  Lowering(const Graph& graph, const WeightSource& weights, Cell cell, dnnl::engine engine);

  // kUnsupported: an op without a row, a filter that is no weight. kInvalidArgument: a weight is
  // missing. Throws what oneDNN throws.
  Result<LoweredGraph> lower() &&;

  const dnnl::engine& engine() const { return engine_; }
  Cell cell() const { return cell_; }  // what activations are stored in
  const Node& node(Value value) const { return graph_.node(value); }
  Value value_of(const Node& node) const {
    return {static_cast<std::uint32_t>(&node - graph_.nodes().data())};
  }

  // A value as it lies, or moved and converted to lie as asked.
  Result<Stored> get(Value value);
  Result<Stored> get(Value value, const Order& order, Cell cell);
  // A weight or constant as f32; valid until the next call. kUnsupported: `value` is neither.
  Result<std::span<float>> read_weight(Value value);
  // A weight or constant as f32 that stays.
  Result<Stored> resident(Value value, Cell cell);

  Stored make(const Shape& shape, const Order& order, Cell cell);
  BufferId scratch(std::size_t bytes) { return lowered_.arena.add(bytes); }
  void step(std::initializer_list<BufferId> buffers, Bind bind);
  void need_scratchpad(std::size_t bytes);
  void count_weight(std::size_t bytes) { lowered_.weight_bytes += bytes; }
  void set(const Node& node, const Stored& stored) { values_[value_of(node).id] = stored; }

  // The one node that reads this value, if there is just one and the value is no output.
  const Node* sole_user(const Node& node) const;
  // The node is computed together with its sole user: nothing to do when its turn comes.
  void defer(const Node& node) { deferred_[value_of(node).id] = true; }
  bool is_deferred(Value value) const { return deferred_[value.id]; }
  void undefer(Value value) { deferred_[value.id] = false; }
  bool is_output(const Node& node) const { return is_output_[value_of(node).id]; }

 private:
  Result<Stored> plain(Value value);  // inputs, weights, constants on first use
  Status lower_node(const Node& node);
  void find_users();

  const Graph& graph_;
  const WeightSource& weights_;
  const Cell cell_;
  const dnnl::engine engine_;
  LoweredGraph lowered_;
  std::vector<std::optional<Stored>> values_;
  std::map<std::tuple<std::uint32_t, Order, Cell>, Stored> converted_;
  std::vector<std::optional<std::uint32_t>> only_user_;
  std::vector<bool> deferred_, is_output_;
  std::vector<float> weight_;  // the last one read: one buffer for all, its pages stay
};

struct LoweringRow {
  Op op;
  Status (*lower)(Lowering& lowering, const Node& node);
};
std::span<const LoweringRow> product_rows();  // convolutions, matrix products, attention
std::span<const LoweringRow> norm_rows();
std::span<const LoweringRow> element_rows();  // element by element, and rows by rows
std::span<const LoweringRow> shape_rows();    // move elements, look rows up

// Emits steps outside the table.
Stored converted(Lowering& lowering, const Stored& from, const Order& order, Cell cell);
// x + (a convolution or linear layer that was deferred), in one step where they lie alike.
Status lower_product(Lowering& lowering, const Node& node, std::optional<Value> residual);

}  // namespace diptych::onednn
