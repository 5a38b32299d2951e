#pragma once
// Which module of an original Stable Diffusion checkpoint is which of diffusers', part by part.
// Names are relative to the part: "input_blocks.0.0" ↔ "conv_in".

#include <vector>

#include "image/models/key_map.h"
#include "image/models/tensor_names.h"

namespace diptych {

// What the numbers of the original's blocks depend on.
struct UnetLayout {
  int levels = 4;
  int resnets = 2;                 // of a level on the way down
  std::vector<bool> attention_up;  // of each block on the way up, coarsest first
};
// From the names below a prefix, of either naming.
UnetLayout original_unet_layout(const TensorNames& names);
UnetLayout diffusers_unet_layout(const TensorNames& names);
std::vector<KeyRule> unet_key_rules(const UnetLayout& layout);

struct VaeLayout {
  int levels = 4;
  int resnets = 2;  // of a level of the encoder
};
VaeLayout original_vae_layout(const TensorNames& names);
VaeLayout diffusers_vae_layout(const TensorNames& names);
std::vector<KeyRule> vae_key_rules(const VaeLayout& layout);

// Folders written by early versions name the middle attention's layers otherwise: rules from those
// names ("query") to today's ("to_q"), which cover today's names too.
std::vector<KeyRule> early_vae_key_rules();

// CLIP-L keeps transformers' names. `text_model`: what stands before "encoder.layers.0":
// "text_model" or, in some files, nothing.
std::vector<KeyRule> clip_key_rules(std::string_view text_model = "text_model");
std::vector<KeyRule> open_clip_key_rules(int layers);

}  // namespace diptych
