#pragma once
// From a GGUF file to a TextModel that serves requests.

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/metrics.h"
#include "compute/cores.h"
#include "text/model.h"

namespace diptych {

struct TextModelOptions {
  std::string id;
  Path path;
  int slots_max = 16;
  std::size_t kv_bytes_max =
      std::size_t{256} << 20;   // key/value cache, the largest part of memory beside the weights
  int threads_max = 0;          // 0: all cores
  bool deterministic = false;   // results that never depend on the batch, also for layouts whose
                                // kernels cannot promise it
  bool inexact_layout = false;  // allow faster layouts that are not exact for the weights
  SchedulerOptions scheduler;
  std::function<bool(float)> progress;  // 0 … 1; false cancels
};

struct TextRuntime {  // outlives every model
  const Clock& clock;
  Metrics& metrics;
  CoreArbiter& cores;
};

// kInvalidArgument: not a GGUF file, or not a text model (says what it is). kOutOfMemory.
// kCancelled: by progress.
Result<std::shared_ptr<TextModel>> load_text_model(const TextModelOptions& options,
                                                   const TextRuntime& runtime);

// Reads the header only.
Result<ModelFacts> read_model_facts(const Path& path);

}  // namespace diptych
