#include "compute/graph/graph.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"

namespace diptych {
namespace {

constexpr std::array<std::pair<Op, std::string_view>, kOpCount> kNames = {{
    {Op::kInput, "input"},
    {Op::kWeight, "weight"},
    {Op::kConstant, "constant"},
    {Op::kConv2d, "conv2d"},
    {Op::kLinear, "linear"},
    {Op::kGroupNorm, "group_norm"},
    {Op::kLayerNorm, "layer_norm"},
    {Op::kRmsNorm, "rms_norm"},
    {Op::kAttention, "attention"},
    {Op::kSilu, "silu"},
    {Op::kGelu, "gelu"},
    {Op::kGeluTanh, "gelu_tanh"},
    {Op::kQuickGelu, "quick_gelu"},
    {Op::kRelu, "relu"},
    {Op::kSigmoid, "sigmoid"},
    {Op::kTanh, "tanh"},
    {Op::kGeglu, "geglu"},
    {Op::kAdd, "add"},
    {Op::kSub, "sub"},
    {Op::kMul, "mul"},
    {Op::kAffine, "affine"},
    {Op::kClamp, "clamp"},
    {Op::kSoftmax, "softmax"},
    {Op::kConcat, "concat"},
    {Op::kSlice, "slice"},
    {Op::kReshape, "reshape"},
    {Op::kPermute, "permute"},
    {Op::kUpsampleNearest, "upsample_nearest"},
    {Op::kEmbedding, "embedding"},
    {Op::kGatherRows, "gather_rows"},
    {Op::kTimestepEmbedding, "timestep_embedding"},
}};

// Writes options as text: field by field, floats by their bits.
struct OptionsText {
  std::string& text;

  void put(std::int64_t value) { fmt::format_to(std::back_inserter(text), "{},", value); }
  void put(float value) { put(std::int64_t{std::bit_cast<std::int32_t>(value)}); }

  void operator()(const NoOptions&) {}
  void operator()(const Conv2dOptions& o) {
    for (const int value :
         {o.stride, o.padding.top, o.padding.left, o.padding.bottom, o.padding.right, o.groups})
      put(std::int64_t{value});
  }
  void operator()(const NormOptions& o) { put(std::int64_t{o.groups}), put(o.eps); }
  void operator()(const AttentionOptions& o) {
    put(std::int64_t{o.heads}), put(std::int64_t{o.causal}), put(o.scale);
  }
  void operator()(const AffineOptions& o) { put(o.scale), put(o.shift); }
  void operator()(const ClampOptions& o) { put(o.low), put(o.high); }
  void operator()(const ConcatOptions& o) { put(std::int64_t{o.axis}); }
  void operator()(const SliceOptions& o) { put(std::int64_t{o.axis}), put(o.begin), put(o.end); }
  void operator()(const ReshapeOptions&) {}  // the result's shape says it
  void operator()(const PermuteOptions& o) {
    for (const int axis : o.axes) put(std::int64_t{axis});
  }
  void operator()(const UpsampleOptions& o) { put(std::int64_t{o.factor}); }
  void operator()(const TimestepOptions& o) {
    put(std::int64_t{o.channels}), put(std::int64_t{o.cos_first}), put(o.shift), put(o.max_period);
  }
};

void describe_node(const Node& node, std::string& text) {
  text += name_of(node.op);
  text += node.shape.to_string();
  text += describe(node.dtype).name;
  if (node.op == Op::kInput || node.op == Op::kWeight)
    fmt::format_to(std::back_inserter(text), "'{}'", node.name);
  for (const Value input : node.inputs) fmt::format_to(std::back_inserter(text), " {}", input.id);
  text += " ";
  std::visit(OptionsText{text}, node.options);
  for (const float value : node.constant) OptionsText{text}.put(value);
  text += "\n";
}

}  // namespace

std::string_view name_of(Op op) {
  return std::ranges::find(kNames, op, &std::pair<Op, std::string_view>::first)->second;
}

std::vector<Value> Graph::inputs() const {
  std::vector<Value> found;
  for (std::uint32_t id = 0; id < nodes_.size(); ++id)
    if (nodes_[id].op == Op::kInput) found.push_back({id});
  return found;
}

std::vector<std::string> Graph::weights() const {
  std::vector<std::string> names;
  for (const Node& node : nodes_)
    if (node.op == Op::kWeight) names.push_back(node.name);
  return names;
}

std::string Graph::fingerprint() const {
  std::string text;
  for (const Node& node : nodes_) describe_node(node, text);
  for (const GraphOutput& output : outputs_)
    fmt::format_to(std::back_inserter(text), "{}={}\n", output.name, output.value.id);
  return to_hex(sha256(text));
}

}  // namespace diptych
