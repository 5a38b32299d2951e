#include "image/models/tiny_vae.h"

#include <fmt/format.h>

#include "compute/graph/graph_builder.h"
#include "image/models/weight_list.h"

namespace diptych {
namespace {

constexpr int kSideMax = 32768;
constexpr int kBatchMax = 1024;
constexpr float kMagnitude = 3;  // latents are softly clamped to ±3

// The halves are plain sequences of layers, so that one list of them serves names and graphs.
enum class Layer { kConv, kActivation, kBlock, kUpsample };
struct Step {
  Layer layer = Layer::kConv;
  int in = 0, out = 0;  // channels
  int stride = 1;
  Bias bias = Bias::kWith;
};

std::vector<Step> encoder_steps(const TinyVaeConfig& config) {
  const int c = config.channels;
  std::vector<Step> steps = {{.in = config.in_channels, .out = c}};
  for (std::size_t i = 0; i < config.encoder_blocks.size(); ++i) {
    if (i > 0) steps.push_back({.in = c, .out = c, .stride = 2, .bias = Bias::kWithout});
    for (int j = 0; j < config.encoder_blocks[i]; ++j)
      steps.push_back({.layer = Layer::kBlock, .in = c, .out = c});
  }
  steps.push_back({.in = c, .out = config.latent_channels});
  return steps;
}

std::vector<Step> decoder_steps(const TinyVaeConfig& config) {
  const int c = config.channels;
  std::vector<Step> steps = {{.in = config.latent_channels, .out = c},
                             {.layer = Layer::kActivation}};
  for (std::size_t i = 0; i < config.decoder_blocks.size(); ++i) {
    const bool last = i + 1 == config.decoder_blocks.size();
    for (int j = 0; j < config.decoder_blocks[i]; ++j)
      steps.push_back({.layer = Layer::kBlock, .in = c, .out = c});
    if (!last) steps.push_back({.layer = Layer::kUpsample});
    if (!last) steps.push_back({.in = c, .out = c, .bias = Bias::kWithout});
    if (last) steps.push_back({.in = c, .out = config.out_channels});
  }
  return steps;
}

// Where the layers of a half are found. The original decoder counts its clamp as layer 0.
struct LayerNames {
  std::string_view prefix;
  int first = 0;
  std::string of(std::size_t index) const {
    return fmt::format("{}{}", prefix, static_cast<int>(index) + first);
  }
};
LayerNames encoder_names(TinyVaeNames names) {
  return names == TinyVaeNames::kDiffusers ? LayerNames{"encoder.layers.", 0} : LayerNames{"", 0};
}
LayerNames decoder_names(TinyVaeNames names) {
  return names == TinyVaeNames::kDiffusers ? LayerNames{"decoder.layers.", 0} : LayerNames{"", 1};
}

void add_conv(WeightList& list, const std::string& module, const Step& step) {
  list.tensor(module + ".weight", {step.out, step.in, 3, 3});
  if (step.bias == Bias::kWith) list.tensor(module + ".bias", {step.out});
}

std::vector<WeightInfo> list_weights(const std::vector<Step>& steps, const LayerNames& names) {
  WeightList list;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].layer == Layer::kConv) add_conv(list, names.of(i), steps[i]);
    if (steps[i].layer == Layer::kBlock)
      for (const int conv : {0, 2, 4})  // activations between them
        add_conv(list, fmt::format("{}.conv.{}", names.of(i), conv), steps[i]);
  }
  return std::move(list).take();
}

Value write_block(GraphBuilder& graph, Value x, Op activation) {
  Value h = graph.unary(activation, graph.conv3x3(x, "conv.0"));
  h = graph.unary(activation, graph.conv3x3(h, "conv.2"));
  return graph.unary(Op::kRelu, graph.add(graph.conv3x3(h, "conv.4"), x));
}

Value write_steps(GraphBuilder& graph, Value x, const std::vector<Step>& steps,
                  const LayerNames& names, const TinyVaeConfig& config) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (step.layer == Layer::kConv) x = graph.conv3x3(x, names.of(i), step.stride);
    if (step.layer == Layer::kActivation) x = graph.unary(config.activation, x);
    if (step.layer == Layer::kUpsample) x = graph.upsample_nearest(x, config.upsampling);
    if (step.layer == Layer::kBlock) {
      const auto scope = graph.scope(names.of(i));
      x = write_block(graph, x, config.activation);
    }
  }
  return x;
}

Status check_shape(const VaeShape& shape, int multiple) {
  const auto bad = [&](int side) { return side < 1 || side > kSideMax || side % multiple != 0; };
  if (!bad(shape.height) && !bad(shape.width) && shape.batch >= 1 && shape.batch <= kBatchMax)
    return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("a tiny VAE's input of {} × {} × {}; batches up to {} and sides that are "
                          "multiples of {} up to {} are possible",
                          shape.batch, shape.height, shape.width, kBatchMax, multiple, kSideMax),
              "size");
}

}  // namespace

std::vector<WeightInfo> expected_encoder_weights(const TinyVaeConfig& config, TinyVaeNames names) {
  return list_weights(encoder_steps(config), encoder_names(names));
}

std::vector<WeightInfo> expected_decoder_weights(const TinyVaeConfig& config, TinyVaeNames names) {
  return list_weights(decoder_steps(config), decoder_names(names));
}

Result<Graph> build_tiny_vae_encoder(const WeightSource& weights, const TinyVaeConfig& config,
                                     const VaeShape& shape) {
  const auto names = weights.find("0.weight") ? TinyVaeNames::kIndexed : TinyVaeNames::kDiffusers;
  TRY_STATUS(check_shape(shape, config.reduction()));
  TRY_STATUS(
      check_weights(weights, expected_encoder_weights(config, names), "the tiny VAE's encoder"));
  GraphBuilder graph(weights);
  Value x = graph.input("image", {shape.batch, config.in_channels, shape.height, shape.width});
  x = graph.affine(x, 0.5F, 0.5F);  // it was trained on 0 … 1
  x = write_steps(graph, x, encoder_steps(config), encoder_names(names), config);
  graph.output("latents", x);
  return std::move(graph).finish();
}

Result<Graph> build_tiny_vae_decoder(const WeightSource& weights, const TinyVaeConfig& config,
                                     const VaeShape& shape) {
  const auto names = weights.find("1.weight") ? TinyVaeNames::kIndexed : TinyVaeNames::kDiffusers;
  TRY_STATUS(check_shape(shape, 1));
  TRY_STATUS(
      check_weights(weights, expected_decoder_weights(config, names), "the tiny VAE's decoder"));
  GraphBuilder graph(weights);
  Value x =
      graph.input("latents", {shape.batch, config.latent_channels, shape.height, shape.width});
  x = graph.affine(graph.unary(Op::kTanh, graph.affine(x, 1 / kMagnitude)), kMagnitude);
  x = write_steps(graph, x, decoder_steps(config), decoder_names(names), config);
  graph.output("image", graph.affine(x, 2, -1));
  return std::move(graph).finish();
}

}  // namespace diptych
