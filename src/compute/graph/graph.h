#pragma once
// A model's computation as an immutable DAG of typed ops with static shapes. Models build it with a
// GraphBuilder; passes rewrite it; back ends lower it. No model knows its back end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compute/dtype.h"
#include "compute/tensor.h"

namespace diptych {

// Images are [batch, channels, height, width], sequences [batch, tokens, channels]. `w`: a weight.
enum class Op : std::uint8_t {
  kInput,      // f32 or i32, bound at run time
  kWeight,     // by name from the WeightSource
  kConstant,   // f32, part of the graph; small
  kConv2d,     // x [n,c,h,w], w [out, c/groups, kh, kw], bias [out] or none
  kLinear,     // x [..., in], w [out, in], bias [out] or none
  kGroupNorm,  // x [n,c,...], w [c], bias [c]
  kLayerNorm,  // x [..., c], w [c], bias [c]
  kRmsNorm,    // x [..., c], w [c]
  kAttention,  // q [b,t,heads·d], k and v [b,s,heads·d], mask or none (see AttentionOptions)
  kSilu,       // x · sigmoid(x)
  kGelu,       // exact: x/2 · (1 + erf(x/√2))
  kGeluTanh,   // the tanh approximation
  kQuickGelu,  // x · sigmoid(1.702 x)
  kRelu,
  kSigmoid,
  kTanh,
  kGeglu,  // x [..., 2c] → first half · gelu(second half)
  kAdd,    // kAdd, kSub, kMul broadcast as numpy does
  kSub,
  kMul,
  kAffine,  // x · scale + shift
  kClamp,
  kSoftmax,  // over the last axis
  kConcat,
  kSlice,  // [begin, end) of one axis
  kReshape,
  kPermute,
  kUpsampleNearest,    // [n,c,h,w] → [n,c,h·factor,w·factor]
  kEmbedding,          // ids i32 [...], table [vocabulary, c] → [..., c]
  kGatherRows,         // x [b,t,c], index i32 [b] → [b,c]
  kTimestepEmbedding,  // t [b] → [b, channels]: sines and cosines
};
constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::kTimestepEmbedding) + 1;

struct Value {
  std::uint32_t id = 0;  // of the node that makes it
  friend bool operator==(Value, Value) = default;
};

struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
};
struct Conv2dOptions {
  int stride = 1;
  Padding padding;
  int groups = 1;
};
struct NormOptions {
  int groups = 1;  // group norm only
  float eps = 1e-5F;
};
struct AttentionOptions {
  int heads = 1;
  bool causal = false;  // key position > query position is not seen; needs t == s
  float scale = 0;      // of q·k; 0: 1/√d
};  // mask: added to the scores, broadcastable to [b, heads, t, s]
struct AffineOptions {
  float scale = 1, shift = 0;
};
struct ClampOptions {
  float low = 0, high = 0;
};
struct ConcatOptions {
  int axis = 0;
};
struct SliceOptions {
  int axis = 0;
  std::int64_t begin = 0, end = 0;
};
struct ReshapeOptions {
  Shape shape;  // all sizes given
};
struct PermuteOptions {
  std::array<int, Shape::kRankMax> axes{};  // output axis i is input axis axes[i]
};
struct UpsampleOptions {
  int factor = 2;
};
// half = channels/2, f_i = exp(−ln(max_period) · i / (half − shift)); sines and cosines of t · f_i,
// cosines first when cos_first (as Stable Diffusion has it; shift 0).
struct TimestepOptions {
  int channels = 0;
  bool cos_first = true;
  float shift = 0;
  float max_period = 10000;
};
struct NoOptions {};

using OpOptions = std::variant<NoOptions, Conv2dOptions, NormOptions, AttentionOptions,
                               AffineOptions, ClampOptions, ConcatOptions, SliceOptions,
                               ReshapeOptions, PermuteOptions, UpsampleOptions, TimestepOptions>;

struct Node {
  Op op = Op::kInput;
  std::vector<Value>
      inputs;  // always nodes before this one; optional ones that are absent are left out
  OpOptions options;
  Shape shape;                  // of the result
  DType dtype = DType::kF32;    // kF32 or kI32; for a weight: as it is stored
  std::string name;             // input, weight: its name; other ops: the scope they were built in
  std::vector<float> constant;  // kConstant
};

struct GraphOutput {
  std::string name;
  Value value;
};

class Graph {
 public:
  Graph(std::vector<Node> nodes, std::vector<GraphOutput> outputs)
      : nodes_(std::move(nodes)), outputs_(std::move(outputs)) {}

  std::span<const Node> nodes() const { return nodes_; }  // in an order that can be run
  const Node& node(Value value) const { return nodes_[value.id]; }
  std::span<const GraphOutput> outputs() const { return outputs_; }
  std::vector<Value> inputs() const;         // kInput nodes
  std::vector<std::string> weights() const;  // names, each once
  // Of everything that decides what a compiled program computes except the weights' bytes: hex.
  // The key of program caches.
  std::string fingerprint() const;

 private:
  std::vector<Node> nodes_;
  std::vector<GraphOutput> outputs_;
};

std::string_view name_of(Op op);  // "conv2d": for messages and fingerprints

}  // namespace diptych
