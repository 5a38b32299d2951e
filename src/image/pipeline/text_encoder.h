#pragma once
// Prompts → conditioning: one or two CLIP encoders, chunk by chunk, weights applied, results kept.

#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/pipeline/conditioning.h"
#include "image/pipeline/picture_model.h"
#include "image/prompt/prompt_plan.h"

namespace diptych {

struct TextEncoding {
  EmphasisMode emphasis = EmphasisMode::kOriginal;
  int clip_skip = 1;  // SDXL: its encoders' second last layer whatever this is
  // SDXL was trained with zeros in place of an empty negative prompt (diffusers'
  // force_zeros_for_empty_prompt, A1111's rule too).
  bool zero_if_empty = false;
};

class TextEncoder {  // one owner thread
 public:
  explicit TextEncoder(PictureModel& model) : model_(model) {}

  // The last 64 different encodings are kept.
  Result<Conditioning> encode(const PromptEncoding& prompt, const TextEncoding& options,
                              const std::stop_token& stop);

 private:
  struct Kept {
    std::string key;
    Conditioning value;
  };

  Result<Conditioning> encode_term(const EncodingTerm& term, const TextEncoding& options,
                                   const std::stop_token& stop);

  PictureModel& model_;
  std::list<Kept> kept_;  // most recently used first
};

}  // namespace diptych
