#pragma once
// Sentence embeddings: one forward pass on a context of its own, mean of the final hidden states,
// L2-normalised.

#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "compute/cores.h"
#include "text/model.h"

struct llama_model;

namespace diptych {

class Embedder {  // safe from any thread; one call computes at a time
 public:
  // answers_running: how many answers the model's own engine computes now.
  Embedder(llama_model* model, int context_length, CoreArbiter& cores,
           std::function<int()> answers_running)
      : model_(model),
        context_length_(context_length),
        cores_(cores),
        answers_running_(std::move(answers_running)) {}
  // kCancelled: `stop` fired while it waited or computed.
  Result<Embedding> embed(const std::vector<TokenId>& tokens, std::stop_token stop)
      EXCLUDES(mutex_);

 private:
  int threads_for(int token_count) const;

  llama_model* model_;
  int context_length_;
  CoreArbiter& cores_;
  std::function<int()> answers_running_;
  Mutex mutex_;
};

}  // namespace diptych
