#pragma once
// Sentence embeddings: one forward pass on a context of its own, mean of the final hidden states,
// L2-normalised.

#include <stop_token>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "text/model.h"

struct llama_model;

namespace diptych {

class Embedder {  // safe from any thread; one call computes at a time
 public:
  Embedder(llama_model* model, int context_length)
      : model_(model), context_length_(context_length) {}
  Result<Embedding> embed(const std::vector<TokenId>& tokens, std::stop_token stop)
      EXCLUDES(mutex_);

 private:
  llama_model* model_;
  int context_length_;
  Mutex mutex_;
};

}  // namespace diptych
