#include "compute/backends/testing/op_cases.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "base/check.h"
#include "compute/graph/graph_builder.h"

namespace diptych {
namespace {

using Build = std::function<void(GraphBuilder&)>;

class Cases {
 public:
  OpCase& add(std::string name, MemoryWeights weights, const Build& build) {
    GraphBuilder builder(weights);
    build(builder);
    auto graph = std::move(builder).finish();
    CHECK(graph);
    cases_.push_back({std::move(name), std::move(weights), std::move(*graph)});
    return cases_.back();
  }
  // Without weights: one input of that shape.
  OpCase& add(const std::string& name, const Shape& shape,
              const std::function<Value(GraphBuilder&, Value)>& op) {
    return add(name + shape.to_string(), {},
               [&](GraphBuilder& g) { g.output("y", op(g, g.input("x", shape))); });
  }
  std::vector<OpCase> take() { return std::move(cases_); }

 private:
  std::vector<OpCase> cases_;
};

struct Conv {
  Shape x, w;
  Conv2dOptions options;
  DType dtype = DType::kF32;
  bool bias = true;
};

void add_convolutions(Cases& cases) {
  const Conv convs[] = {
      {{1, 3, 5, 7}, {4, 3, 3, 3}, {.padding = {1, 1, 1, 1}}},
      {{2, 8, 9, 6}, {5, 8, 3, 3}, {.stride = 2, .padding = {1, 1, 1, 1}}},
      {{2, 4, 8, 10}, {6, 4, 3, 3}, {.stride = 2, .padding = {0, 0, 1, 1}}},
      {{1, 4, 6, 6}, {4, 4, 3, 3}, {.padding = {2, 0, 1, 3}}},
      {{2, 6, 5, 5}, {7, 6, 1, 1}, {}},
      {{1, 6, 5, 4}, {7, 6, 1, 1}, {.stride = 2}},
      {{1, 2, 9, 8}, {3, 2, 5, 4}, {.padding = {2, 2, 2, 1}}, DType::kF32, false},
      {{2, 8, 6, 5}, {12, 4, 3, 3}, {.padding = {1, 1, 1, 1}, .groups = 2}},
      {{2, 6, 7, 5}, {6, 1, 3, 3}, {.padding = {1, 1, 1, 1}, .groups = 6}},
      {{2, 32, 17, 13}, {48, 32, 3, 3}, {.padding = {1, 1, 1, 1}}, DType::kF16},
      {{1, 32, 8, 8}, {16, 32, 3, 3}, {.padding = {1, 1, 1, 1}}, DType::kBf16},
      {{1, 32, 8, 8}, {16, 32, 3, 3}, {.padding = {1, 1, 1, 1}}, DType::kQ8_0},
      {{2, 64, 4, 5}, {32, 64, 1, 1}, {}, DType::kQ4_0},
      // More patches than a back end may want to hold at once.
      {{2, 16, 250, 270}, {1, 16, 3, 3}, {.padding = {1, 1, 1, 1}}},
      {{1, 64, 300, 290}, {1, 64, 4, 3}, {.stride = 2, .padding = {0, 0, 3, 1}}},
  };
  for (const Conv& conv : convs) {
    MemoryWeights weights;
    weights.add("c.weight", conv.w, conv.dtype);
    if (conv.bias) weights.add("c.bias", {conv.w[0]}, DType::kF16);
    const auto& o = conv.options;
    cases.add(
        fmt::format("conv2d {} {} {} stride {} groups {} padding {},{},{},{}", conv.x.to_string(),
                    conv.w.to_string(), describe(conv.dtype).name, o.stride, o.groups,
                    o.padding.top, o.padding.left, o.padding.bottom, o.padding.right),
        weights,
        [&](GraphBuilder& g) { g.output("y", g.conv2d(g.input("x", conv.x), "c", conv.options)); });
  }
}

void add_linears(Cases& cases) {
  struct Linear {
    Shape x;
    std::int64_t out;
    DType dtype;
    bool bias = true;
  };
  const Linear linears[] = {
      {{33}, 17, DType::kF32},          {{2, 33}, 17, DType::kF32},
      {{2, 77, 40}, 64, DType::kF32},   {{2, 3, 5, 32}, 1, DType::kF32, false},
      {{2, 9, 64}, 48, DType::kF16},    {{2, 9, 64}, 48, DType::kBf16},
      {{2, 9, 64}, 48, DType::kQ8_0},   {{2, 9, 64}, 48, DType::kQ4_0},
      {{1, 1, 320}, 1280, DType::kF16}, {{2, 2, 2, 3, 8}, 5, DType::kF32},
  };
  for (const Linear& linear : linears) {
    MemoryWeights weights;
    weights.add("l.weight", {linear.out, linear.x.back()}, linear.dtype);
    if (linear.bias) weights.add("l.bias", {linear.out});
    cases.add(fmt::format("linear {} to {} {}", linear.x.to_string(), linear.out,
                          describe(linear.dtype).name),
              weights,
              [&](GraphBuilder& g) { g.output("y", g.linear(g.input("x", linear.x), "l")); });
  }
}

void add_norms(Cases& cases) {
  struct Norm {
    Shape x;
    int groups;
    float eps;
  };
  for (const Norm& norm : {Norm{{2, 12, 5, 3}, 4, 1e-5F}, Norm{{1, 8, 16, 16}, 8, 1e-6F},
                           Norm{{2, 6, 7}, 1, 1e-5F}, Norm{{3, 4}, 2, 1e-2F}}) {
    MemoryWeights weights;
    weights.add("n.weight", {norm.x[1]}, DType::kF16);
    weights.add("n.bias", {norm.x[1]});
    cases.add(fmt::format("group_norm {} groups {}", norm.x.to_string(), norm.groups), weights,
              [&](GraphBuilder& g) {
                g.output("y", g.group_norm(g.input("x", norm.x), "n", norm.groups, norm.eps));
              });
  }
  for (const Shape& shape : {Shape{2, 77, 33}, Shape{4, 320}, Shape{7}, Shape{2, 2, 2, 3, 6}}) {
    MemoryWeights weights;
    weights.add("n.weight", {shape.back()}, DType::kBf16);
    weights.add("n.bias", {shape.back()});
    cases.add("layer_norm " + shape.to_string(), weights,
              [&](GraphBuilder& g) { g.output("y", g.layer_norm(g.input("x", shape), "n")); });
    cases.add("rms_norm " + shape.to_string(), weights,
              [&](GraphBuilder& g) { g.output("y", g.rms_norm(g.input("x", shape), "n", 1e-6F)); });
  }
}

struct Attention {
  std::int64_t batch, queries, keys;
  int heads;
  std::int64_t head, value_head;
  bool causal = false;
  std::optional<Shape> mask = {};
  float scale = 0;
};

void add_attentions(Cases& cases) {
  const Attention attentions[] = {
      {2, 6, 6, 3, 8, 8},
      {2, 80, 80, 2, 40, 40},
      {1, 70, 77, 4, 40, 40},
      {2, 96, 33, 2, 64, 64},
      {1, 66, 66, 1, 512, 512},
      {1, 20, 20, 1, 512, 512},
      {2, 77, 77, 2, 16, 16, true},
      {1, 77, 77, 3, 64, 64, true, Shape{1, 1, 1, 77}},
      {2, 5, 7, 2, 8, 8, false, Shape{5, 7}},
      {2, 70, 9, 2, 16, 16, false, Shape{2, 1, 1, 9}},
      {2, 6, 7, 3, 8, 12, false, Shape{2, 3, 6, 7}},
      {1, 64, 64, 2, 16, 24, false, {}, 0.5F},
      {1, 1, 5, 2, 8, 8, false, {}, 1},
  };
  for (const Attention& a : attentions) {
    cases.add(fmt::format("attention {}x{}x{} heads {} of {} and {}{}{}", a.batch, a.queries,
                          a.keys, a.heads, a.head, a.value_head, a.causal ? " causal" : "",
                          a.mask ? " mask " + a.mask->to_string() : ""),
              {}, [&](GraphBuilder& g) {
                const Value q = g.input("q", {a.batch, a.queries, a.heads * a.head});
                const Value k = g.input("k", {a.batch, a.keys, a.heads * a.head});
                const Value v = g.input("v", {a.batch, a.keys, a.heads * a.value_head});
                std::optional<Value> mask;
                if (a.mask) mask = g.input("mask", *a.mask);
                g.output("y", g.attention(q, k, v, {a.heads, a.causal, a.scale}, mask));
              });
  }
}

void add_elements(Cases& cases) {
  for (const Op op : {Op::kSilu, Op::kGelu, Op::kGeluTanh, Op::kQuickGelu, Op::kRelu, Op::kSigmoid,
                      Op::kTanh, Op::kSoftmax}) {
    for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{33}, Shape{2, 2, 3, 2, 5}}) {
      const auto unary = [&](GraphBuilder& g, Value x) { return g.unary(op, x); };
      cases.add(std::string(name_of(op)), shape, unary);
      OpCase& wide = cases.add(std::string(name_of(op)) + " wide", shape, unary);
      wide.input_low = -40, wide.input_high = 40;
    }
  }
  for (const Shape& shape : {Shape{2, 5, 26}, Shape{1, 64}, Shape{2, 2, 2, 2, 6}})
    cases.add("geglu", shape, [](GraphBuilder& g, Value x) { return g.geglu(x); });
  for (const Shape& shape : {Shape{2, 3, 5}, Shape{1, 2, 2, 2, 3}, Shape{}}) {
    cases.add("affine", shape, [](GraphBuilder& g, Value x) { return g.affine(x, -1.5F, 0.25F); });
    cases.add("clamp", shape, [](GraphBuilder& g, Value x) {
      return g.add(g.clamp(x, -0.5F, 1), x);  // x itself must stay as it is
    });
  }
}

void add_broadcasts(Cases& cases) {
  const std::pair<Shape, Shape> pairs[] = {
      {{2, 3, 5}, {2, 3, 5}},
      {{2, 3, 5}, {5}},
      {{2, 3, 5, 4}, {1, 3, 1, 1}},
      {{2, 3, 5, 4}, {2, 3, 1, 1}},
      {{5}, {2, 3, 5}},
      {{3, 1}, {1, 4}},
      {{2, 1, 4}, {3, 1}},
      {{}, {2, 3}},
      {{2, 3, 4, 2, 2}, {4, 1, 2}},
      {{2, 1, 4, 1, 2}, {1, 3, 1, 1, 1}},
  };
  for (const auto& [a, b] : pairs) {
    cases.add("add sub mul " + a.to_string() + b.to_string(), {}, [&](GraphBuilder& g) {
      const Value x = g.input("x", a), y = g.input("y", b);
      g.output("sum", g.add(x, y));
      g.output("difference", g.sub(x, y));
      g.output("product", g.mul(x, y));
    });
  }
}

void add_shape_ops(Cases& cases) {
  const Shape shape{2, 3, 4, 5};
  for (int axis = 0; axis < 4; ++axis) {
    cases.add(fmt::format("slice axis {}", axis), shape, [&](GraphBuilder& g, Value x) {
      return g.slice(x, axis, 1, shape[axis] - (axis > 1 ? 1 : 0));
    });
    cases.add(fmt::format("concat axis {}", axis), shape, [&](GraphBuilder& g, Value x) {
      const Value part = g.slice(x, axis, 0, 1);
      return g.concat({x, part, x}, axis);
    });
  }
  cases.add("concat", {2, 2, 3, 2, 2},
            [](GraphBuilder& g, Value x) { return g.concat({x, g.slice(x, 2, 0, 2)}, 2); });
  cases.add("reshape", {2, 3, 4, 5}, [](GraphBuilder& g, Value x) {
    return g.silu(g.reshape(g.reshape(x, {6, 20}), {3, 2, 2, 2, 5}));
  });
  for (const auto& axes : {std::initializer_list<int>{0, 2, 3, 1},
                           {3, 2, 1, 0},
                           {1, 0, 2, 3},
                           {0, 1, 3, 2},
                           {0, 1, 2, 3},
                           {2, 3, 0, 1}})
    cases.add(fmt::format("permute {}", fmt::join(axes, "")), {2, 3, 4, 5},
              [&](GraphBuilder& g, Value x) { return g.permute(x, axes); });
  for (const auto& axes : {std::initializer_list<int>{0, 3, 1, 4, 2},
                           {4, 3, 2, 1, 0},
                           {1, 3, 0, 4, 2},
                           {2, 0, 4, 1, 3},
                           {0, 1, 4, 2, 3}})
    cases.add(fmt::format("permute {}", fmt::join(axes, "")), {2, 3, 4, 2, 5},
              [&](GraphBuilder& g, Value x) { return g.permute(x, axes); });
  cases.add("permute of one element axes", {1, 6, 1, 5},
            [](GraphBuilder& g, Value x) { return g.permute(x, {3, 0, 2, 1}); });
  for (const int factor : {1, 2, 3})
    cases.add(fmt::format("upsample {}", factor), {2, 3, 5, 7},
              [&](GraphBuilder& g, Value x) { return g.upsample_nearest(x, factor); });
}

void add_lookups(Cases& cases) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBf16, DType::kQ8_0, DType::kQ4_0}) {
    MemoryWeights weights;
    weights.add("e.weight", {9, 32}, dtype);
    cases.add(fmt::format("embedding {}", describe(dtype).name), weights, [](GraphBuilder& g) {
      g.output("y", g.embedding(g.input("ids", {2, 7}, DType::kI32), "e"));
    });
  }
  cases.add("gather_rows", {}, [](GraphBuilder& g) {
    const Value index = g.input("index", {3}, DType::kI32);
    g.output("y", g.gather_rows(g.input("x", {3, 5, 6}), index));
  });
  for (const bool cos_first : {true, false}) {
    OpCase& timesteps = cases.add(
        cos_first ? "timestep cosines first" : "timestep sines first", {3},
        [&](GraphBuilder& g, Value t) {
          return g.timestep_embedding(
              t, {.channels = 32, .cos_first = cos_first, .shift = cos_first ? 0.0F : 1.0F});
        });
    timesteps.input_low = 0, timesteps.input_high = 999;
    timesteps.f32_error = 6e-5;  // f32's step at 999 radians
  }
}

// Inputs, weights and constants that are outputs themselves, and values used more than once.
void add_graphs(Cases& cases) {
  MemoryWeights weights;
  weights.add("w", {3, 4}, DType::kF16);
  cases.add("inputs, weights and constants as outputs", weights, [](GraphBuilder& g) {
    const Value x = g.input("x", {3, 4}), w = g.weight("w");
    const Value c = g.constant({2}, {1.5F, -2});
    g.output("x", x);
    g.output("w", w);
    g.output("c", c);
    g.output("reshaped", g.reshape(x, {4, 3}));
    g.output("sum", g.add(x, w));
    g.input("unused", {5});
  });
  MemoryWeights block;
  for (const auto* name : {"conv1", "conv2"}) {
    block.add(std::string(name) + ".weight", {8, 8, 3, 3}, DType::kF16);
    block.add(std::string(name) + ".bias", {8});
  }
  block.add("norm.weight", {8});
  block.add("norm.bias", {8});
  cases.add("residual block", block, [](GraphBuilder& g) {
    const Value x = g.affine(g.input("x", {2, 8, 6, 7}), 0.1F);
    const Value h = g.conv3x3(g.silu(g.group_norm(x, "norm", 4, 1e-5F)), "conv1");
    const Value y = g.conv3x3(g.silu(g.group_norm(h, "norm", 4, 1e-5F)), "conv2");
    g.output("h", h);
    g.output("y", g.add(x, y));
  });
}

}  // namespace

std::vector<OpCase> op_cases() {
  Cases cases;
  add_convolutions(cases);
  add_linears(cases);
  add_norms(cases);
  add_attentions(cases);
  add_elements(cases);
  add_broadcasts(cases);
  add_shape_ops(cases);
  add_lookups(cases);
  add_graphs(cases);
  return cases.take();
}

}  // namespace diptych
