#pragma once
// Engine over one libllama context: a unified key/value cache that all sequences share.

#include <memory>

#include "base/error.h"
#include "compute/cores.h"
#include "text/engine.h"

struct llama_model;

namespace diptych {

struct LlamaEngineOptions {
  int cell_count = 0;      // positions of all sequences together
  int context_length = 0;  // of one sequence
  int sequence_count = 0;
  int step_token_count = 0;
  std::size_t bytes_per_cell = 0;
  bool one_token_at_a_time =
      false;                 // slow; results that do not depend on the batch, whatever the kernels
  bool exact_cache = false;  // keys and values in f32 instead of f16, for comparison with a
                             // reference; twice the memory
};

// model, vocabulary and cores outlive the engine.
Result<std::unique_ptr<Engine>> make_llama_engine(llama_model* model, const Vocabulary& vocabulary,
                                                  CoreArbiter& cores,
                                                  const LlamaEngineOptions& options);

}  // namespace diptych
