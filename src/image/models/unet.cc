#include "image/models/unet.h"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "compute/graph/graph_builder.h"
#include "image/models/unet_blocks.h"
#include "image/models/weight_list.h"

namespace diptych {
namespace {

constexpr int kSideMax = 16384;  // latent pixels
constexpr int kBatchMax = 1024;
constexpr int kTokensMax = 1 << 16;

Status check_shape(const UnetConfig& config, const UnetShape& shape) {
  const auto within = [](std::string_view name, int value, int max) -> Status {
    if (value >= 1 && value <= max) return {};
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} of a UNet is {}; 1 to {} are possible", name, value, max),
                std::string(name));
  };
  TRY_STATUS(within("batch", shape.batch, kBatchMax));
  TRY_STATUS(within("height", shape.height, kSideMax));
  TRY_STATUS(within("width", shape.width, kSideMax));
  TRY_STATUS(within("context_tokens", shape.context_tokens, kTokensMax));
  if (config.text_time && pooled_channels(config, shape.time_ids) < 1)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} sizes of {} channels leave no pooled text in {} channels", shape.time_ids,
                    config.text_time->time_channels, config.text_time->channels),
        "time_ids");
  return {};
}

// One build: the graph so far, and the outputs that the way up still needs.
class UnetWriter {
 public:
  UnetWriter(const WeightSource& weights, const UnetConfig& config, const UnetShape& shape)
      : graph_(weights), config_(config), shape_(shape) {}

  Result<Graph> write() {
    const Value sample =
        graph_.input("sample", {shape_.batch, config_.in_channels, shape_.height, shape_.width});
    write_conditions();
    Value x = config_.center_input ? graph_.affine(sample, 2, -1) : sample;
    x = keep(conv(x, "conv_in", config_.conv_in_kernel));
    const int levels = static_cast<int>(config_.levels.size());
    for (int i = 0; i < levels; ++i) x = down(x, i);
    add_control_to_skips();
    x = mid(x);
    for (int i = levels - 1; i >= 0; --i) x = up(x, i);
    x = graph_.group_norm(x, "conv_norm_out", config_.norm_groups, config_.norm_eps);
    x = conv(graph_.unary(config_.activation, x), "conv_out", config_.conv_out_kernel);
    graph_.output("out", x);
    return std::move(graph_).finish();
  }

 private:
  Value conv(Value x, std::string_view module, int kernel) {
    const int p = (kernel - 1) / 2;
    return graph_.conv2d(x, module, {.stride = 1, .padding = {p, p, p, p}});
  }
  Value keep(Value x) {
    skips_.push_back(x);
    return x;
  }
  Value take() {
    const Value skip = skips_.back();
    skips_.pop_back();
    return skip;
  }
  Value sines(Value t, int channels) {
    return graph_.timestep_embedding(
        t,
        {.channels = channels, .cos_first = config_.cos_first, .shift = config_.frequency_shift});
  }

  Value time_embedding() {
    const Value t = graph_.input("timestep", {shape_.batch});
    Value sample = sines(t, config_.levels.front().channels);
    const auto scope = graph_.scope("time_embedding");
    if (config_.guidance_channels > 0) {
      const Value guidance =
          graph_.input("guidance_embedding", {shape_.batch, config_.guidance_channels});
      sample = graph_.add(sample, graph_.linear(guidance, "cond_proj"));
    }
    Value embedding = embedding_layers(graph_, sample, config_.activation);
    if (config_.time_post_activation)
      embedding = graph_.unary(*config_.time_post_activation, embedding);
    return embedding;
  }

  Value text_time_embedding(const TextTimeEmbedding& text_time) {
    const std::int64_t batch = shape_.batch;
    const std::int64_t count = shape_.time_ids;
    const Value pooled = graph_.input("pooled", {batch, pooled_channels(config_, shape_.time_ids)});
    const Value ids = graph_.input("time_ids", {batch, count});
    const Value each = sines(graph_.reshape(ids, {batch * count}), text_time.time_channels);
    const Value sizes = graph_.reshape(each, {batch, count * text_time.time_channels});
    const auto scope = graph_.scope("add_embedding");
    return embedding_layers(graph_, graph_.concat({pooled, sizes}, 1), Op::kSilu);
  }

  void write_conditions() {
    Value time = time_embedding();
    if (config_.text_time) time = graph_.add(time, text_time_embedding(*config_.text_time));
    if (config_.embedding_activation) time = graph_.unary(*config_.embedding_activation, time);
    conditions_.time = graph_.unary(config_.activation, time);  // every resnet begins with it
    conditions_.context =
        graph_.input("context", {shape_.batch, shape_.context_tokens, config_.context_channels()});
    if (config_.context_projection_in > 0)
      conditions_.context = graph_.linear(conditions_.context, "encoder_hid_proj");
  }

  Value resnet(Value x, int index, float scale = 1) {
    const auto scope = graph_.scope("resnets", index);
    return unet_resnet(graph_, x, conditions_, config_, scale);
  }

  // `depths` is empty for a block without attention.
  Value transformer(Value x, int index, const std::vector<int>& depths, const UnetLevel& level) {
    if (depths.empty()) return x;
    const auto scope = graph_.scope("attentions", index);
    return unet_transformer(graph_, x, conditions_, config_,
                            {.heads = level.heads,
                             .depth = depths[static_cast<std::size_t>(index)],
                             .only_cross_attention = level.only_cross_attention});
  }

  Value down(Value x, int index) {
    const UnetLevel& level = config_.levels[static_cast<std::size_t>(index)];
    const auto scope = graph_.scope("down_blocks", index);
    for (int i = 0; i < level.resnets; ++i)
      x = keep(transformer(resnet(x, i), i, level.depths_down, level));
    const bool coarsest = &level == &config_.levels.back();
    return coarsest ? x : keep(unet_downsample(graph_, x, config_));
  }

  Value mid(Value x) {
    if (config_.mid != UnetMid::kNone) {
      const auto scope = graph_.scope("mid_block");
      x = resnet(x, 0, config_.mid_scale);
      if (config_.mid == UnetMid::kCrossAttention) {
        UnetLevel level = config_.levels.back();
        level.only_cross_attention = false;  // diffusers hands it to the other blocks only
        x = transformer(x, 0, {config_.mid_depth}, level);
        x = resnet(x, 1, config_.mid_scale);
      }
    }
    if (shape_.control == ControlResiduals::kInputs && !graph_.failed())
      x = graph_.add(x, graph_.input("mid_residual", graph_.shape(x)));
    return x;
  }

  // Blocks on the way up are numbered from the coarsest level.
  Value up(Value x, int index) {
    const UnetLevel& level = config_.levels[static_cast<std::size_t>(index)];
    const auto scope =
        graph_.scope("up_blocks", static_cast<int>(config_.levels.size()) - 1 - index);
    for (int i = 0; i < level.resnets + 1; ++i)
      x = transformer(resnet(graph_.concat({x, take()}, 1), i), i, level.depths_up, level);
    return index == 0 ? x : unet_upsample(graph_, x, skips_.back());
  }

  void add_control_to_skips() {
    if (shape_.control == ControlResiduals::kNone || graph_.failed()) return;
    for (std::size_t i = 0; i < skips_.size(); ++i) {
      const Value residual =
          graph_.input(fmt::format("down_residual.{}", i), graph_.shape(skips_[i]));
      skips_[i] = graph_.add(skips_[i], residual);
    }
  }

  GraphBuilder graph_;
  const UnetConfig& config_;
  const UnetShape& shape_;
  UnetConditions conditions_;
  std::vector<Value> skips_;
};

}  // namespace

int pooled_channels(const UnetConfig& config, int time_ids) {
  if (!config.text_time) return 0;
  return config.text_time->channels - time_ids * config.text_time->time_channels;
}

std::vector<float> guidance_embedding(float guidance_scale, int channels) {
  const auto half = static_cast<std::size_t>(channels / 2);
  const double intervals = half > 1 ? static_cast<double>(half - 1) : 1;
  const double position = (static_cast<double>(guidance_scale) - 1) * 1000;
  std::vector<float> embedding(static_cast<std::size_t>(channels), 0.0F);
  for (std::size_t i = 0; i < half; ++i) {
    const double frequency = std::exp(-std::log(10000.0) * static_cast<double>(i) / intervals);
    embedding[i] = static_cast<float>(std::sin(position * frequency));
    embedding[half + i] = static_cast<float>(std::cos(position * frequency));
  }
  return embedding;
}

Result<Graph> build_unet(const WeightSource& weights, const UnetConfig& config,
                         const UnetShape& shape) {
  TRY_STATUS(check_shape(config, shape));
  TRY_STATUS(check_weights(weights, expected_weights(config), "the UNet"));
  return UnetWriter(weights, config, shape).write();
}

}  // namespace diptych
