#pragma once
// CLIP's text encoder (Radford et al. 2021), OpenAI's and OpenCLIP's: what Stable Diffusion and
// SDXL read prompts with. Golden: transformers 5.23, relative error 1e-4.

#include <string>
#include <vector>

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"
#include "image/models/clip_text_config.h"

namespace diptych {

enum class FinalNorm { kWithout, kWith };
enum class PooledVector { kWithout, kWith };
enum class TokenVectors { kFromTable, kInjected };

struct ClipHidden {
  std::string name = "hidden";  // of the output
  // Clip skip: 1 the last layer's output, 2 the one before it, … up to the number of layers + 1:
  // the embeddings themselves.
  int from_end = 1;
  FinalNorm norm = FinalNorm::kWith;  // SD 1 and 2: with; SDXL: without
};

struct ClipTextShape {
  int batch = 1;    // chunks
  int tokens = 77;  // of a chunk
  std::vector<ClipHidden> hidden = {ClipHidden{}};
  PooledVector pooled = PooledVector::kWithout;
  TokenVectors vectors = TokenVectors::kFromTable;
};

// Inputs:
//   ids       [batch, tokens] i32
//   end       [batch] i32: position of the first end token           pooled only
//   keep      [batch, tokens, 1] f32, injected [batch, tokens, channels] f32   kInjected only:
//             a token's vector is keep · table[id] + injected. Textual inversion: 0 and the vector
//             at its places, 1 and zeros elsewhere.
// Outputs: every hidden state [batch, tokens, channels]; pooled [batch, projection_channels or
// channels]: the last layer's normed state at `end`, projected where the model has a projection.
// Layers that no output needs are left out. Errors: kInvalidArgument (tensors missing or of other
// shapes, from_end or tokens out of range).
Result<Graph> build_clip_text(const WeightSource& weights, const ClipTextConfig& config,
                              const ClipTextShape& shape);

std::vector<WeightInfo> expected_weights(const ClipTextConfig& config);

}  // namespace diptych
