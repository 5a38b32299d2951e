#include "compute/graph/graph_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace diptych {
namespace {

class Index : public WeightSource {  // names and shapes, no bytes
 public:
  explicit Index(const std::map<std::string, Shape>& shapes) {
    for (const auto& [name, shape] : shapes) index_.push_back({name, DType::kF16, shape, 0});
  }
  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId) const override { return {}; }

 private:
  std::vector<WeightInfo> index_;
};

TEST(GraphBuilder, InfersTheShapesOfAResidualBlock) {
  const Index weights({{"block.conv.weight", {8, 4, 3, 3}},
                       {"block.conv.bias", {8}},
                       {"block.norm.weight", {4}},
                       {"block.norm.bias", {4}},
                       {"block.short.weight", {8, 4, 1, 1}}});
  GraphBuilder g(weights);
  const Value x = g.input("x", {2, 4, 6, 5});
  {
    const auto block = g.scope("block");
    const Value h = g.conv3x3(g.silu(g.group_norm(x, "norm", 2, 1e-5F)), "conv", 2);
    EXPECT_EQ(g.shape(h), (Shape{2, 8, 3, 3}));
    g.output("short", g.conv1x1(x, "short"));
    g.output("h", g.upsample_nearest(h, 2));
  }
  const auto graph = std::move(g).finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->node(graph->outputs()[1].value).shape, (Shape{2, 8, 6, 6}));
  EXPECT_EQ(graph->weights().size(), 5U);
  EXPECT_EQ(graph->inputs().size(), 1U);
}

TEST(GraphBuilder, KeepsTheFirstErrorAndNamesThePlace) {
  const Index weights({{"a.fc.weight", {8, 5}}});
  GraphBuilder g(weights);
  const Value x = g.input("x", {2, 4});
  {
    const auto scope = g.scope("a");
    g.output("y", g.gelu(g.linear(x, "fc")));
    g.output("z", g.linear(x, "missing"));
  }
  const auto graph = std::move(g).finish();
  ASSERT_FALSE(graph);
  EXPECT_NE(graph.error().message.find("linear of [2, 4] with weight [8, 5]"), std::string::npos);
  EXPECT_NE(graph.error().message.find("in a"), std::string::npos);
}

TEST(GraphBuilder, NamesAMissingTensorInFull) {
  const Index weights({});
  GraphBuilder g(weights);
  const auto scope = g.scope("mid_block");
  const auto inner = g.scope("resnets", 1);
  g.output("y", g.conv3x3(g.input("x", {1, 4, 8, 8}), "conv1"));
  const auto graph = std::move(g).finish();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().param, "mid_block.resnets.1.conv1.weight");
}

TEST(GraphBuilder, AWeightNamedTwiceIsOneNode) {
  const Index weights({{"w.weight", {4, 4}}});
  GraphBuilder g(weights);
  const Value x = g.input("x", {1, 4});
  g.output("y", g.linear(g.linear(x, "w"), "w"));
  const auto graph = std::move(g).finish();
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->nodes().size(), 4U);
}

struct BadCase {
  const char* name;
  Value (*build)(GraphBuilder&, Value x);  // x: [2, 4, 6]
};
class BadShapes : public testing::TestWithParam<BadCase> {};

TEST_P(BadShapes, AreRefused) {
  const Index weights({});
  GraphBuilder g(weights);
  g.output("y", GetParam().build(g, g.input("x", {2, 4, 6})));
  EXPECT_FALSE(std::move(g).finish()) << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(
    Ops, BadShapes,
    testing::Values(
        BadCase{"reshape", [](GraphBuilder& g, Value x) { return g.reshape(x, {2, 5, 6}); }},
        BadCase{"permute_twice", [](GraphBuilder& g, Value x) { return g.permute(x, {0, 1, 1}); }},
        BadCase{"permute_short", [](GraphBuilder& g, Value x) { return g.permute(x, {0, 1}); }},
        BadCase{"slice", [](GraphBuilder& g, Value x) { return g.slice(x, 1, 2, 5); }},
        BadCase{"slice_empty", [](GraphBuilder& g, Value x) { return g.slice(x, 1, 2, 2); }},
        BadCase{"heads",
                [](GraphBuilder& g, Value x) { return g.attention(x, x, x, {.heads = 4}); }},
        BadCase{"mask",
                [](GraphBuilder& g, Value x) {
                  return g.attention(x, x, x, {.heads = 2}, g.input("m", {3, 4}));
                }},
        BadCase{"add", [](GraphBuilder& g, Value x) { return g.add(x, g.input("b", {5})); }},
        BadCase{"upsample", [](GraphBuilder& g, Value x) { return g.upsample_nearest(x, 2); }},
        BadCase{"concat", [](GraphBuilder& g, Value x) { return g.concat({x, x}, 3); }},
        BadCase{"gather", [](GraphBuilder& g,
                             Value x) { return g.gather_rows(x, g.input("i", {3}, DType::kI32)); }},
        BadCase{"odd geglu",
                [](GraphBuilder& g, Value x) { return g.unary(Op::kGeglu, g.slice(x, 2, 0, 3)); }}),
    [](const testing::TestParamInfo<BadCase>& bad) {
      std::string name = bad.param.name;
      std::ranges::replace(name, ' ', '_');
      return name;
    });

TEST(Graph, FingerprintFollowsOptionsAndShapesOnly) {
  const Index weights({});
  const auto make = [&](float scale, std::int64_t size) {
    GraphBuilder g(weights);
    g.output("y", g.affine(g.input("x", {size}), scale));
    return std::move(g).finish()->fingerprint();
  };
  EXPECT_EQ(make(2, 3), make(2, 3));
  EXPECT_NE(make(2, 3), make(2.0000002F, 3));
  EXPECT_NE(make(2, 3), make(2, 4));
}

}  // namespace
}  // namespace diptych
