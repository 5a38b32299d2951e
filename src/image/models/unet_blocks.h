#pragma once
// What a UNet is made of: residual blocks that take the time embedding, transformers that take the
// context, and the convolutions that change the resolution. Names of weights are diffusers'.

#include "compute/graph/graph_builder.h"
#include "image/models/unet_config.h"

namespace diptych {

// What every block of one evaluation sees.
struct UnetConditions {
  Value time;     // [batch, time_channels], after the activation
  Value context;  // [batch, tokens, channels]
};

// Module "resnets.N" in the current scope. x [batch, c, h, w] → [batch, out, h, w]; `scale` divides
// the sum.
Value unet_resnet(GraphBuilder& graph, Value x, const UnetConditions& conditions,
                  const UnetConfig& config, float scale = 1);

struct UnetTransformer {
  int heads = 8;
  int depth = 1;
  bool only_cross_attention = false;
};
// Module "attentions.N" in the current scope; the shape stays.
Value unet_transformer(GraphBuilder& graph, Value x, const UnetConditions& conditions,
                       const UnetConfig& config, const UnetTransformer& options);

// Half the size, an odd one rounded up (down with downsample_padding 0).
Value unet_downsample(GraphBuilder& graph, Value x, const UnetConfig& config);
// Twice the size, cut to that of `like`, which was halved with rounding.
Value unet_upsample(GraphBuilder& graph, Value x, Value like);

// linear_1, activation, linear_2: [batch, in] → [batch, out].
Value embedding_layers(GraphBuilder& graph, Value x, Op activation);

}  // namespace diptych
