#pragma once
// The shape of a CLIP text encoder as transformers' CLIPTextConfig describes it in config.json.

#include "base/error.h"
#include "base/json.h"
#include "compute/graph/graph.h"

namespace diptych {

struct ClipTextConfig {
  int vocabulary = 49408;
  int channels = 768;
  int feed_forward_channels = 3072;
  int layers = 12;
  int heads = 12;
  int positions = 77;              // tokens of a chunk, start and end included
  Op activation = Op::kQuickGelu;  // OpenCLIP's encoders: kGelu
  float norm_eps = 1e-5F;
  int projection_channels = 0;  // of the pooled vector; 0: it is not projected
};

// A projection is read from `architectures` (CLIPTextModelWithProjection). Errors: kUnsupported,
// naming the field, its value and what is supported.
Result<ClipTextConfig> parse_clip_text_config(const Json& config, Warnings& warnings);

}  // namespace diptych
