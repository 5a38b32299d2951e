#pragma once
// How a model writes its graph. Shapes are inferred and checked as ops are added; the first error
// is kept, later calls do nothing, and finish() returns it: model code reads without error
// handling.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"

namespace diptych {

class GraphBuilder {
 public:
  // `weights` must outlive the builder; only its index is read.
  explicit GraphBuilder(const WeightSource& weights) : weights_(weights) {}

  // Names of weights are relative to the scopes open now: scope("mid_block"), then
  // scope("resnets.0") and weight("conv1.weight") is "mid_block.resnets.0.conv1.weight".
  class Scope {
   public:
    Scope(GraphBuilder& builder, std::string_view name);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    GraphBuilder& builder_;
    std::size_t length_;
  };
  [[nodiscard]] Scope scope(std::string_view name) { return Scope(*this, name); }
  [[nodiscard]] Scope scope(std::string_view list, int index);  // "resnets", 0 → "resnets.0"

  Value input(std::string_view name, const Shape& shape, DType dtype = DType::kF32);
  Value weight(std::string_view name);
  std::optional<Value> find_weight(std::string_view name);  // none: the source does not have it
  bool has_weight(std::string_view name) const;
  Value constant(const Shape& shape, std::vector<float> values);

  // Layers by the name of their module: "conv1" takes "conv1.weight" and, where there is one,
  // "conv1.bias".
  Value conv2d(Value x, std::string_view module, const Conv2dOptions& options = {});
  Value conv3x3(Value x, std::string_view module, int stride = 1);  // padding 1
  Value conv1x1(Value x, std::string_view module);
  Value linear(Value x, std::string_view module);
  Value group_norm(Value x, std::string_view module, int groups, float eps);
  Value layer_norm(Value x, std::string_view module, float eps = 1e-5F);
  Value rms_norm(Value x, std::string_view module, float eps);
  Value embedding(Value ids, std::string_view module);  // "module.weight"

  Value attention(Value q, Value k, Value v, const AttentionOptions& options,
                  std::optional<Value> mask = {});
  Value unary(Op op, Value x);  // kSilu … kGeglu, kSoftmax
  Value silu(Value x) { return unary(Op::kSilu, x); }
  Value gelu(Value x) { return unary(Op::kGelu, x); }
  Value geglu(Value x) { return unary(Op::kGeglu, x); }
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value affine(Value x, float scale, float shift = 0);
  Value clamp(Value x, float low, float high);
  Value concat(std::initializer_list<Value> values, int axis);
  Value slice(Value x, int axis, std::int64_t begin, std::int64_t end);
  Value reshape(Value x, const Shape& shape);
  Value permute(Value x, std::initializer_list<int> axes);
  Value upsample_nearest(Value x, int factor);
  Value gather_rows(Value x, Value index);
  Value timestep_embedding(Value t, const TimestepOptions& options);

  void output(std::string_view name, Value value);
  const Shape& shape(Value value) const { return nodes_[value.id].shape; }
  // For models: refuses a configuration. Only the first error is kept.
  void fail(Error error);
  bool failed() const { return error_.has_value(); }

  Result<Graph> finish() &&;  // also an error: no output

 private:
  Value append(Node node);  // infers the shape
  std::string scoped(std::string_view name) const;
  std::vector<Value> with_bias(std::vector<Value> inputs, std::string_view module);

  const WeightSource& weights_;
  std::string scope_;  // "mid_block.resnets.0."
  std::vector<Node> nodes_;
  std::vector<GraphOutput> outputs_;
  std::unordered_map<std::string, Value> by_weight_;  // a weight named twice is one node
  std::optional<Error> error_;
};

}  // namespace diptych
