#pragma once
// The shape of a tiny autoencoder (TAESD and its kin) as diffusers' AutoencoderTiny describes it.

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "compute/graph/graph.h"

namespace diptych {

struct TinyVaeConfig {  // the defaults are TAESD's; TAESD3 and TAEF1 differ in latent_channels: 16
  int in_channels = 3, out_channels = 3;
  int latent_channels = 4;
  int channels = 64;                               // of every layer
  std::vector<int> encoder_blocks = {1, 3, 3, 3};  // residual blocks after each convolution
  std::vector<int> decoder_blocks = {3, 3, 3, 1};
  Op activation = Op::kRelu;
  int upsampling = 2;  // between the decoder's stages

  int reduction() const { return 1 << (encoder_blocks.size() - 1); }
};

// Errors: kUnsupported, naming the field, its value and what is supported.
Result<TinyVaeConfig> parse_tiny_vae_config(const Json& config, Warnings& warnings);

}  // namespace diptych
