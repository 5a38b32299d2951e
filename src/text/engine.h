#pragma once
// What the scheduler needs of a language model. Implemented by text/llama (libllama) and, for
// tests, by text/engine_script.h (scripted latency, faults and tokens). One thread at a time owns
// an engine.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/ids.h"
#include "text/vocabulary.h"

namespace diptych {

struct BatchToken {
  TokenId token = 0;
  SequenceId sequence = 0;
  std::int32_t position = 0;  // 0-based in its sequence
  bool wants_logits = false;
};

struct EngineLimits {
  int sequence_count = 0;    // sequences that may live at once
  int context_length = 0;    // positions one sequence may have
  int cell_count = 0;        // positions of all sequences together; shared prefixes count once
  int step_token_count = 0;  // tokens in one step()
  std::size_t bytes_per_cell = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const Vocabulary& vocabulary() const = 0;  // const, usable from any thread
  virtual EngineLimits limits() const = 0;

  // Computes all tokens. The batch must hold at most step_token_count tokens; positions of a
  // sequence continue it without gaps. kOverloaded: no room for the new positions (nothing
  // changed). kCancelled: stopped early; the positions of this batch are undefined and the caller
  // must truncate() every sequence in it.
  virtual Status step(std::span<const BatchToken> batch, std::stop_token stop) = 0;
  // Logits [vocabulary size] of batch index i of the last step; valid until the next step. i must
  // have asked for them.
  virtual std::span<const float> logits(int batch_index) const = 0;

  virtual Status fork(
      SequenceId from, SequenceId to,
      int position_count) = 0;  // `to` (empty before) shares the first positions of `from`; no copy
  virtual Status truncate(
      SequenceId sequence,
      int position_count) = 0;  // keeps the first positions; 0 empties it. kUnsupported: the model
                                // cannot roll back to there
  virtual Result<std::string> save(
      SequenceId sequence) = 0;  // opaque bytes, for this engine and model only
  virtual Status restore(SequenceId sequence, std::string_view saved) = 0;
};

}  // namespace diptych
