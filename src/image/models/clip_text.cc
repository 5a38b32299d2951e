#include "image/models/clip_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "compute/graph/graph_builder.h"
#include "image/models/weight_list.h"

namespace diptych {
namespace {

constexpr int kBatchMax = 1024;

std::unexpected<Error> wrong(std::string_view name, int value, int max) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} of a text encoder is {}; 1 to {} are possible", name, value, max),
              std::string(name));
}

Status check_shape(const ClipTextConfig& config, const ClipTextShape& shape) {
  if (shape.batch < 1 || shape.batch > kBatchMax) return wrong("batch", shape.batch, kBatchMax);
  if (shape.tokens < 1 || shape.tokens > config.positions)
    return wrong("tokens", shape.tokens, config.positions);
  for (const ClipHidden& hidden : shape.hidden)
    if (hidden.from_end < 1 || hidden.from_end > config.layers + 1)
      return wrong("clip_skip", hidden.from_end, config.layers + 1);
  return {};
}

// A file that ends before the last layers (SD 2 needs none after the penultimate) is enough where
// those are not asked for.
int layers_needed(const ClipTextConfig& config, const ClipTextShape& shape) {
  int layers = shape.pooled == PooledVector::kWith ? config.layers : 0;
  for (const ClipHidden& hidden : shape.hidden)
    layers = std::max(layers, config.layers + 1 - hidden.from_end);
  return layers;
}

Value token_vectors(GraphBuilder& graph, const ClipTextConfig& config, const ClipTextShape& shape) {
  const Value ids = graph.input("ids", {shape.batch, shape.tokens}, DType::kI32);
  const auto scope = graph.scope("embeddings");
  Value x = graph.embedding(ids, "token_embedding");
  if (shape.vectors == TokenVectors::kInjected) {
    const Value keep = graph.input("keep", {shape.batch, shape.tokens, 1});
    const Value injected = graph.input("injected", {shape.batch, shape.tokens, config.channels});
    x = graph.add(graph.mul(x, keep), injected);
  }
  Value positions = graph.weight("position_embedding.weight");
  if (shape.tokens < config.positions) positions = graph.slice(positions, 0, 0, shape.tokens);
  return graph.add(x, positions);
}

Value self_attention(GraphBuilder& graph, Value x, const ClipTextConfig& config) {
  const auto scope = graph.scope("self_attn");
  const Value q = graph.linear(x, "q_proj");
  const Value k = graph.linear(x, "k_proj");
  const Value v = graph.linear(x, "v_proj");
  const AttentionOptions options{.heads = config.heads, .causal = true};
  return graph.linear(graph.attention(q, k, v, options), "out_proj");
}

Value encoder_layer(GraphBuilder& graph, Value x, const ClipTextConfig& config) {
  x = graph.add(x,
                self_attention(graph, graph.layer_norm(x, "layer_norm1", config.norm_eps), config));
  Value h = graph.layer_norm(x, "layer_norm2", config.norm_eps);
  h = graph.unary(config.activation, graph.linear(h, "mlp.fc1"));
  return graph.add(x, graph.linear(h, "mlp.fc2"));
}

Value final_norm(GraphBuilder& graph, Value x, const ClipTextConfig& config) {
  const auto scope = graph.scope("text_model");
  return graph.layer_norm(x, "final_layer_norm", config.norm_eps);
}

void write_pooled(GraphBuilder& graph, Value last, const ClipTextConfig& config,
                  const ClipTextShape& shape) {
  const Value end = graph.input("end", {shape.batch}, DType::kI32);
  Value pooled = graph.gather_rows(final_norm(graph, last, config), end);
  if (config.projection_channels > 0) pooled = graph.linear(pooled, "text_projection");
  graph.output("pooled", pooled);
}

Status check_weights_needed(const WeightSource& weights, const ClipTextConfig& config,
                            const ClipTextShape& shape) {
  ClipTextConfig needed = config;
  needed.layers = layers_needed(config, shape);
  if (shape.pooled == PooledVector::kWithout) needed.projection_channels = 0;
  return check_weights(weights, expected_weights(needed), "the text encoder");
}

}  // namespace

std::vector<WeightInfo> expected_weights(const ClipTextConfig& config) {
  WeightList list;
  if (config.projection_channels > 0)
    list.linear("text_projection", config.channels, config.projection_channels, Bias::kWithout);
  const auto model = list.scope("text_model");
  list.tensor("embeddings.token_embedding.weight", {config.vocabulary, config.channels});
  list.tensor("embeddings.position_embedding.weight", {config.positions, config.channels});
  for (int i = 0; i < config.layers; ++i) {
    const auto layer = list.scope("encoder.layers", i);
    for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"})
      list.linear(fmt::format("self_attn.{}", name), config.channels, config.channels);
    list.norm("layer_norm1", config.channels);
    list.norm("layer_norm2", config.channels);
    list.linear("mlp.fc1", config.channels, config.feed_forward_channels);
    list.linear("mlp.fc2", config.feed_forward_channels, config.channels);
  }
  list.norm("final_layer_norm", config.channels);
  return std::move(list).take();
}

Result<Graph> build_clip_text(const WeightSource& weights, const ClipTextConfig& config,
                              const ClipTextShape& shape) {
  TRY_STATUS(check_shape(config, shape));
  TRY_STATUS(check_weights_needed(weights, config, shape));
  GraphBuilder graph(weights);
  std::vector<Value> states;  // states[i]: after i layers
  {
    const auto scope = graph.scope("text_model");
    states.push_back(token_vectors(graph, config, shape));
    const int layers = layers_needed(config, shape);
    for (int i = 0; i < layers; ++i) {
      const auto layer = graph.scope("encoder.layers", i);
      states.push_back(encoder_layer(graph, states.back(), config));
    }
  }
  for (const ClipHidden& hidden : shape.hidden) {
    const Value x = states[static_cast<std::size_t>(config.layers + 1 - hidden.from_end)];
    graph.output(hidden.name, hidden.norm == FinalNorm::kWith ? final_norm(graph, x, config) : x);
  }
  if (shape.pooled == PooledVector::kWith) write_pooled(graph, states.back(), config, shape);
  return std::move(graph).finish();
}

}  // namespace diptych
