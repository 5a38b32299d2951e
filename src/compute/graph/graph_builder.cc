#include "compute/graph/graph_builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compute/graph/infer_shape.h"

namespace diptych {
namespace {

Node make_node(Op op, std::vector<Value> inputs, OpOptions options = NoOptions{}) {
  Node node;
  node.op = op;
  node.inputs = std::move(inputs);
  node.options = std::move(options);
  return node;
}

}  // namespace

GraphBuilder::Scope::Scope(GraphBuilder& builder, std::string_view name)
    : builder_(builder), length_(builder.scope_.size()) {
  builder_.scope_ += name;
  builder_.scope_ += '.';
}

GraphBuilder::Scope::~Scope() { builder_.scope_.resize(length_); }

GraphBuilder::Scope GraphBuilder::scope(std::string_view list, int index) {
  return Scope(*this, fmt::format("{}.{}", list, index));
}

std::string GraphBuilder::scoped(std::string_view name) const { return scope_ + std::string(name); }

void GraphBuilder::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

// After the first error every value is node 0, so that model code need not look.
Value GraphBuilder::append(Node node) {
  if (error_) return {};
  const bool has_shape =
      node.op == Op::kInput || node.op == Op::kWeight || node.op == Op::kConstant;
  if (!has_shape) {
    std::vector<Shape> shapes;
    for (const Value value : node.inputs) shapes.push_back(nodes_[value.id].shape);
    auto shape = infer_shape(node, shapes);
    if (!shape) {
      std::string where = scope_.empty() ? "" : " in " + scope_.substr(0, scope_.size() - 1);
      fail({shape.error().code, shape.error().message + where, scoped("")});
      return {};
    }
    node.shape = *shape;
    node.name = scope_;
  }
  nodes_.push_back(std::move(node));
  return {static_cast<std::uint32_t>(nodes_.size() - 1)};
}

Value GraphBuilder::input(std::string_view name, const Shape& shape, DType dtype) {
  Node node = make_node(Op::kInput, {});
  node.name = name;
  node.shape = shape;
  node.dtype = dtype;
  return append(std::move(node));
}

bool GraphBuilder::has_weight(std::string_view name) const {
  return weights_.find(scoped(name)).has_value();
}

std::optional<Value> GraphBuilder::find_weight(std::string_view name) {
  std::string full = scoped(name);
  if (const auto known = by_weight_.find(full); known != by_weight_.end()) return known->second;
  const auto tensor = weights_.find(full);
  if (!tensor || error_) return std::nullopt;
  Node node = make_node(Op::kWeight, {});
  node.shape = weights_.info(*tensor).shape;
  node.dtype = weights_.info(*tensor).dtype;
  node.name = full;
  const Value value = append(std::move(node));
  by_weight_.emplace(std::move(full), value);
  return value;
}

Value GraphBuilder::weight(std::string_view name) {
  if (const auto value = find_weight(name)) return *value;
  fail({ErrorCode::kInvalidArgument,
        fmt::format("the model has no tensor '{}', which its architecture needs", scoped(name)),
        scoped(name)});
  return {};
}

Value GraphBuilder::constant(const Shape& shape, std::vector<float> values) {
  Node node = make_node(Op::kConstant, {});
  if (std::cmp_not_equal(values.size(), shape.element_count()))
    fail({ErrorCode::kInternal,
          fmt::format("a constant of shape {} has {} values", shape.to_string(), values.size())});
  node.shape = shape;
  node.constant = std::move(values);
  return append(std::move(node));
}

std::vector<Value> GraphBuilder::with_bias(std::vector<Value> inputs, std::string_view module) {
  if (const auto bias = find_weight(std::string(module) + ".bias")) inputs.push_back(*bias);
  return inputs;
}

Value GraphBuilder::conv2d(Value x, std::string_view module, const Conv2dOptions& options) {
  const Value w = weight(std::string(module) + ".weight");
  return append(make_node(Op::kConv2d, with_bias({x, w}, module), options));
}

Value GraphBuilder::conv3x3(Value x, std::string_view module, int stride) {
  return conv2d(x, module, {.stride = stride, .padding = {1, 1, 1, 1}});
}

Value GraphBuilder::conv1x1(Value x, std::string_view module) { return conv2d(x, module, {}); }

Value GraphBuilder::linear(Value x, std::string_view module) {
  const Value w = weight(std::string(module) + ".weight");
  return append(make_node(Op::kLinear, with_bias({x, w}, module)));
}

Value GraphBuilder::group_norm(Value x, std::string_view module, int groups, float eps) {
  const Value w = weight(std::string(module) + ".weight");
  const Value bias = weight(std::string(module) + ".bias");
  return append(make_node(Op::kGroupNorm, {x, w, bias}, NormOptions{groups, eps}));
}

Value GraphBuilder::layer_norm(Value x, std::string_view module, float eps) {
  const Value w = weight(std::string(module) + ".weight");
  const Value bias = weight(std::string(module) + ".bias");
  return append(make_node(Op::kLayerNorm, {x, w, bias}, NormOptions{1, eps}));
}

Value GraphBuilder::rms_norm(Value x, std::string_view module, float eps) {
  const Value w = weight(std::string(module) + ".weight");
  return append(make_node(Op::kRmsNorm, {x, w}, NormOptions{1, eps}));
}

Value GraphBuilder::embedding(Value ids, std::string_view module) {
  const Value table = weight(std::string(module) + ".weight");
  return append(make_node(Op::kEmbedding, {ids, table}));
}

Value GraphBuilder::attention(Value q, Value k, Value v, const AttentionOptions& options,
                              std::optional<Value> mask) {
  std::vector<Value> inputs = {q, k, v};
  if (mask) inputs.push_back(*mask);
  return append(make_node(Op::kAttention, std::move(inputs), options));
}

Value GraphBuilder::unary(Op op, Value x) { return append(make_node(op, {x})); }
Value GraphBuilder::add(Value a, Value b) { return append(make_node(Op::kAdd, {a, b})); }
Value GraphBuilder::sub(Value a, Value b) { return append(make_node(Op::kSub, {a, b})); }
Value GraphBuilder::mul(Value a, Value b) { return append(make_node(Op::kMul, {a, b})); }

Value GraphBuilder::affine(Value x, float scale, float shift) {
  return append(make_node(Op::kAffine, {x}, AffineOptions{scale, shift}));
}

Value GraphBuilder::clamp(Value x, float low, float high) {
  return append(make_node(Op::kClamp, {x}, ClampOptions{low, high}));
}

Value GraphBuilder::concat(std::initializer_list<Value> values, int axis) {
  return append(make_node(Op::kConcat, values, ConcatOptions{axis}));
}

Value GraphBuilder::slice(Value x, int axis, std::int64_t begin, std::int64_t end) {
  return append(make_node(Op::kSlice, {x}, SliceOptions{axis, begin, end}));
}

Value GraphBuilder::reshape(Value x, const Shape& shape) {
  return append(make_node(Op::kReshape, {x}, ReshapeOptions{shape}));
}

Value GraphBuilder::permute(Value x, std::initializer_list<int> axes) {
  if (axes.size() > Shape::kRankMax) {
    fail({ErrorCode::kInternal, fmt::format("permute of {} axes", axes.size())});
    return {};
  }
  PermuteOptions options;
  options.axes.fill(-1);
  std::ranges::copy(axes, options.axes.begin());
  return append(make_node(Op::kPermute, {x}, options));
}

Value GraphBuilder::upsample_nearest(Value x, int factor) {
  return append(make_node(Op::kUpsampleNearest, {x}, UpsampleOptions{factor}));
}

Value GraphBuilder::gather_rows(Value x, Value index) {
  return append(make_node(Op::kGatherRows, {x, index}));
}

Value GraphBuilder::timestep_embedding(Value t, const TimestepOptions& options) {
  return append(make_node(Op::kTimestepEmbedding, {t}, options));
}

void GraphBuilder::output(std::string_view name, Value value) {
  outputs_.push_back({std::string(name), value});
}

Result<Graph> GraphBuilder::finish() && {
  if (outputs_.empty() && !error_) fail({ErrorCode::kInternal, "the graph has no output"});
  if (error_) return std::unexpected(std::move(*error_));
  return Graph(std::move(nodes_), std::move(outputs_));
}

}  // namespace diptych
