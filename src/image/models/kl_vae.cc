#include "image/models/kl_vae.h"

#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "compute/graph/graph_builder.h"
#include "image/models/weight_list.h"

namespace diptych {
namespace {

constexpr float kNormEps = 1e-6F;  // fixed in diffusers; a UNet's own is 1e-5
constexpr float kLogVarianceMin = -30, kLogVarianceMax = 20;
constexpr int kSideMax = 32768;
constexpr int kBatchMax = 1024;

Status check_side(std::string_view name, int value, int multiple) {
  if (value >= 1 && value <= kSideMax && value % multiple == 0) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} of a VAE's input is {}; multiples of {} up to {} are possible", name,
                          value, multiple, kSideMax),
              std::string(name));
}

Status check_shape(const VaeShape& shape, int multiple) {
  TRY_STATUS(check_side("height", shape.height, multiple));
  TRY_STATUS(check_side("width", shape.width, multiple));
  if (shape.batch >= 1 && shape.batch <= kBatchMax) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("batch of a VAE is {}; 1 to {} are possible", shape.batch, kBatchMax),
              "batch");
}

// Writes one half into a graph. x is [batch, channels, height, width] throughout.
class VaeWriter {
 public:
  VaeWriter(GraphBuilder& graph, const KlVaeConfig& config) : graph_(graph), config_(config) {}

  Value encode(Value x) {
    const auto scope = graph_.scope("encoder");
    x = graph_.conv3x3(x, "conv_in");
    const int levels = static_cast<int>(config_.channels.size());
    for (int i = 0; i < levels; ++i) {
      const auto block = graph_.scope("down_blocks", i);
      for (int j = 0; j < config_.resnets; ++j) x = resnet(x, j);
      if (i + 1 < levels)
        x = graph_.conv2d(x, "downsamplers.0.conv", {.stride = 2, .padding = {0, 0, 1, 1}});
    }
    return end(mid(x));
  }

  Value decode(Value x) {
    const auto scope = graph_.scope("decoder");
    x = mid(graph_.conv3x3(x, "conv_in"));
    const int levels = static_cast<int>(config_.channels.size());
    for (int i = 0; i < levels; ++i) {
      const auto block = graph_.scope("up_blocks", i);
      for (int j = 0; j < config_.resnets + 1; ++j) x = resnet(x, j);
      if (i + 1 < levels) x = graph_.conv3x3(graph_.upsample_nearest(x, 2), "upsamplers.0.conv");
    }
    return end(x);
  }

 private:
  Value normed(Value x, std::string_view module) {
    return graph_.group_norm(x, module, config_.norm_groups, kNormEps);
  }
  Value end(Value x) {  // SiLU whatever the config's activation is
    return graph_.conv3x3(graph_.silu(normed(x, "conv_norm_out")), "conv_out");
  }

  Value resnet(Value x, int index) {
    const auto scope = graph_.scope("resnets", index);
    Value h = graph_.conv3x3(graph_.unary(config_.activation, normed(x, "norm1")), "conv1");
    h = graph_.conv3x3(graph_.unary(config_.activation, normed(h, "norm2")), "conv2");
    if (graph_.has_weight("conv_shortcut.weight")) x = graph_.conv1x1(x, "conv_shortcut");
    return graph_.add(x, h);
  }

  // One head over all channels.
  Value attention(Value x) {
    if (graph_.failed()) return x;
    const Shape shape = graph_.shape(x);
    Value h = graph_.permute(normed(x, "group_norm"), {0, 2, 3, 1});
    h = graph_.reshape(h, {shape[0], shape[2] * shape[3], shape[1]});
    const Value q = graph_.linear(h, "to_q");
    const Value k = graph_.linear(h, "to_k");
    const Value v = graph_.linear(h, "to_v");
    h = graph_.linear(graph_.attention(q, k, v, {.heads = 1}), "to_out.0");
    h = graph_.reshape(h, {shape[0], shape[2], shape[3], shape[1]});
    return graph_.add(x, graph_.permute(h, {0, 3, 1, 2}));
  }

  Value mid(Value x) {
    const auto scope = graph_.scope("mid_block");
    x = resnet(x, 0);
    if (config_.mid_attention) {
      const auto block = graph_.scope("attentions", 0);
      x = attention(x);
    }
    return resnet(x, 1);
  }

  GraphBuilder& graph_;
  const KlVaeConfig& config_;
};

Value per_channel(GraphBuilder& graph, const std::vector<float>& values) {
  return graph.constant({static_cast<std::int64_t>(values.size()), 1, 1}, values);
}

// From the diffusion model's latents to the VAE's own.
Value unscale(GraphBuilder& graph, Value x, const LatentScale& scale) {
  x = graph.affine(x, 1 / scale.scale, scale.shift);
  if (!scale.deviation.empty()) x = graph.mul(x, per_channel(graph, scale.deviation));
  if (!scale.mean.empty()) x = graph.add(x, per_channel(graph, scale.mean));
  return x;
}

void add_resnet(WeightList& list, int index, int in, int out) {
  const auto scope = list.scope("resnets", index);
  list.norm("norm1", in);
  list.conv("conv1", in, out);
  list.norm("norm2", out);
  list.conv("conv2", out, out);
  if (in != out) list.conv("conv_shortcut", in, out, 1);
}

void add_mid(WeightList& list, const KlVaeConfig& config) {
  const int channels = config.channels.back();
  const auto scope = list.scope("mid_block");
  add_resnet(list, 0, channels, channels);
  add_resnet(list, 1, channels, channels);
  if (!config.mid_attention) return;
  const auto attention = list.scope("attentions", 0);
  list.norm("group_norm", channels);
  for (const char* name : {"to_q", "to_k", "to_v", "to_out.0"})
    list.linear(name, channels, channels);
}

}  // namespace

std::vector<WeightInfo> expected_encoder_weights(const KlVaeConfig& config) {
  WeightList list;
  const int out = 2 * config.latent_channels;
  if (config.quant_conv) list.conv("quant_conv", out, out, 1);
  const auto encoder = list.scope("encoder");
  int channels = config.channels.front();
  list.conv("conv_in", config.in_channels, channels);
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    const auto block = list.scope("down_blocks", static_cast<int>(i));
    for (int j = 0; j < config.resnets; ++j) {
      add_resnet(list, j, channels, config.channels[i]);
      channels = config.channels[i];
    }
    if (i + 1 < config.channels.size()) list.conv("downsamplers.0.conv", channels, channels);
  }
  add_mid(list, config);
  list.norm("conv_norm_out", channels);
  list.conv("conv_out", channels, out);
  return std::move(list).take();
}

std::vector<WeightInfo> expected_decoder_weights(const KlVaeConfig& config) {
  WeightList list;
  const int in = config.latent_channels;
  if (config.post_quant_conv) list.conv("post_quant_conv", in, in, 1);
  const auto decoder = list.scope("decoder");
  int channels = config.channels.back();
  list.conv("conv_in", in, channels);
  add_mid(list, config);
  const std::size_t levels = config.channels.size();
  for (std::size_t i = 0; i < levels; ++i) {
    const auto block = list.scope("up_blocks", static_cast<int>(i));
    const int out = config.channels[levels - 1 - i];
    for (int j = 0; j < config.resnets + 1; ++j) {
      add_resnet(list, j, channels, out);
      channels = out;
    }
    if (i + 1 < levels) list.conv("upsamplers.0.conv", channels, channels);
  }
  list.norm("conv_norm_out", channels);
  list.conv("conv_out", channels, config.out_channels);
  return std::move(list).take();
}

Result<Graph> build_vae_encoder(const WeightSource& weights, const KlVaeConfig& config,
                                const VaeShape& shape) {
  TRY_STATUS(check_shape(shape, config.reduction()));
  TRY_STATUS(check_weights(weights, expected_encoder_weights(config), "the VAE's encoder"));
  GraphBuilder graph(weights);
  const Value image =
      graph.input("image", {shape.batch, config.in_channels, shape.height, shape.width});
  Value moments = VaeWriter(graph, config).encode(image);
  if (config.quant_conv) moments = graph.conv1x1(moments, "quant_conv");
  const std::int64_t latent = config.latent_channels;
  graph.output("mean", graph.slice(moments, 1, 0, latent));
  graph.output("logvar", graph.clamp(graph.slice(moments, 1, latent, 2 * latent), kLogVarianceMin,
                                     kLogVarianceMax));
  return std::move(graph).finish();
}

Result<Graph> build_vae_decoder(const WeightSource& weights, const KlVaeConfig& config,
                                const VaeShape& shape) {
  TRY_STATUS(check_shape(shape, 1));
  TRY_STATUS(check_weights(weights, expected_decoder_weights(config), "the VAE's decoder"));
  GraphBuilder graph(weights);
  const Value latents =
      graph.input("latents", {shape.batch, config.latent_channels, shape.height, shape.width});
  Value x = unscale(graph, latents, config.latents);
  if (config.post_quant_conv) x = graph.conv1x1(x, "post_quant_conv");
  graph.output("image", VaeWriter(graph, config).decode(x));
  return std::move(graph).finish();
}

Tensor draw_latents(const LatentScale& scale, const Tensor& mean, const Tensor& logvar,
                    const Tensor& noise) {
  CHECK(logvar.shape == mean.shape);
  CHECK(noise.size() == 0 || noise.shape == mean.shape);
  Tensor latents(mean.shape);
  const auto channels = static_cast<std::size_t>(mean.shape[1]);
  const auto pixels = static_cast<std::size_t>(mean.shape[2] * mean.shape[3]);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const std::size_t channel = i / pixels % channels;
    float z = mean[i];
    if (noise.size() != 0) z += std::exp(0.5F * logvar[i]) * noise[i];
    if (!scale.mean.empty()) z -= scale.mean[channel];
    if (!scale.deviation.empty()) z /= scale.deviation[channel];
    latents[i] = (z - scale.shift) * scale.scale;
  }
  return latents;
}

}  // namespace diptych
