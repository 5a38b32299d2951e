#include "image/models/unet_blocks.h"

#include <fmt/format.h>

namespace diptych {
namespace {

constexpr float kTransformerNormEps = 1e-6F;  // of the group norm before it; diffusers fixes both
constexpr float kLayerNormEps = 1e-5F;

// [batch, channels] onto every pixel
Value over_pixels(GraphBuilder& graph, Value x) {
  const Shape shape = graph.shape(x);
  return graph.reshape(x, {shape[0], shape[1], 1, 1});
}

// `source`: what keys and values are made of.
Value attend(GraphBuilder& graph, Value x, Value source, int heads) {
  const Value q = graph.linear(x, "to_q");
  const Value k = graph.linear(source, "to_k");
  const Value v = graph.linear(source, "to_v");
  return graph.linear(graph.attention(q, k, v, {.heads = heads}), "to_out.0");
}

Value feed_forward(GraphBuilder& graph, Value x) {
  return graph.linear(graph.geglu(graph.linear(x, "net.0.proj")), "net.2");
}

// x [batch, pixels, channels]
Value transformer_block(GraphBuilder& graph, Value x, Value context,
                        const UnetTransformer& options) {
  {
    const Value normed = graph.layer_norm(x, "norm1", kLayerNormEps);
    const auto scope = graph.scope("attn1");
    const Value source = options.only_cross_attention ? context : normed;
    x = graph.add(attend(graph, normed, source, options.heads), x);
  }
  {
    const Value normed = graph.layer_norm(x, "norm2", kLayerNormEps);
    const auto scope = graph.scope("attn2");
    x = graph.add(attend(graph, normed, context, options.heads), x);
  }
  const Value normed = graph.layer_norm(x, "norm3", kLayerNormEps);
  const auto scope = graph.scope("ff");
  return graph.add(feed_forward(graph, normed), x);
}

}  // namespace

Value embedding_layers(GraphBuilder& graph, Value x, Op activation) {
  return graph.linear(graph.unary(activation, graph.linear(x, "linear_1")), "linear_2");
}

Value unet_resnet(GraphBuilder& graph, Value x, const UnetConditions& conditions,
                  const UnetConfig& config, float scale) {
  const auto norm_and_activate = [&](Value value, std::string_view module) {
    return graph.unary(config.activation,
                       graph.group_norm(value, module, config.norm_groups, config.norm_eps));
  };
  Value h = graph.conv3x3(norm_and_activate(x, "norm1"), "conv1");
  const Value time = over_pixels(graph, graph.linear(conditions.time, "time_emb_proj"));
  if (config.time_injection == TimeInjection::kShift) {
    h = norm_and_activate(graph.add(h, time), "norm2");
  } else {
    const std::int64_t channels = graph.failed() ? 1 : graph.shape(h)[1];
    const Value scale_less_one = graph.slice(time, 1, 0, channels);
    const Value shift = graph.slice(time, 1, channels, 2 * channels);
    h = graph.group_norm(h, "norm2", config.norm_groups, config.norm_eps);
    h = graph.add(graph.add(h, graph.mul(h, scale_less_one)), shift);
    h = graph.unary(config.activation, h);
  }
  h = graph.conv3x3(h, "conv2");
  if (graph.has_weight("conv_shortcut.weight")) x = graph.conv1x1(x, "conv_shortcut");
  const Value sum = graph.add(x, h);
  return scale == 1 ? sum : graph.affine(sum, 1 / scale);
}

Value unet_transformer(GraphBuilder& graph, Value x, const UnetConditions& conditions,
                       const UnetConfig& config, const UnetTransformer& options) {
  if (graph.failed()) return x;
  const Shape shape = graph.shape(x);  // [batch, channels, height, width]
  const Shape sequence{shape[0], shape[2] * shape[3], shape[1]};
  Value h = graph.group_norm(x, "norm", config.norm_groups, kTransformerNormEps);
  if (!config.linear_projection) h = graph.conv1x1(h, "proj_in");
  h = graph.reshape(graph.permute(h, {0, 2, 3, 1}), sequence);
  if (config.linear_projection) h = graph.linear(h, "proj_in");
  for (int i = 0; i < options.depth; ++i) {
    const auto scope = graph.scope("transformer_blocks", i);
    h = transformer_block(graph, h, conditions.context, options);
  }
  if (config.linear_projection) h = graph.linear(h, "proj_out");
  h = graph.permute(graph.reshape(h, {shape[0], shape[2], shape[3], shape[1]}), {0, 3, 1, 2});
  if (!config.linear_projection) h = graph.conv1x1(h, "proj_out");
  return graph.add(h, x);
}

Value unet_downsample(GraphBuilder& graph, Value x, const UnetConfig& config) {
  const int p = config.downsample_padding;
  const Padding padding = p > 0 ? Padding{p, p, p, p} : Padding{0, 0, 1, 1};
  return graph.conv2d(x, "downsamplers.0.conv", {.stride = 2, .padding = padding});
}

Value unet_upsample(GraphBuilder& graph, Value x, Value like) {
  if (graph.failed()) return x;
  const Shape target = graph.shape(like);
  x = graph.upsample_nearest(x, 2);
  // Nearest neighbours of 2n − 1 points among n are those of 2n points without the last.
  for (const int axis : {2, 3})
    if (graph.shape(x)[axis] == target[axis] + 1) x = graph.slice(x, axis, 0, target[axis]);
  if (graph.shape(x)[2] != target[2] || graph.shape(x)[3] != target[3])
    graph.fail({ErrorCode::kUnsupported,
                fmt::format("a size of {} does not come back from {} when it is doubled: use "
                            "multiples of the model's reduction",
                            target.to_string(), graph.shape(x).to_string()),
                "size"});
  return graph.conv3x3(x, "upsamplers.0.conv");
}

}  // namespace diptych
