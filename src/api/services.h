#pragma once
// What handlers may use. Built once by app/; everything in it is safe from any thread and outlives every call.

#include <cstddef>

#include "base/clock.h"
#include "base/metrics.h"
#include "jobs/model_registry.h"
#include "jobs/stores.h"

namespace diptych {

class BackgroundRunner;

struct ApiLimits {
  int choices_max = 16;                  // n
  std::size_t body_bytes_max = std::size_t{32} << 20;
  int embedding_inputs_max = 2048;
  Duration model_load_wait = std::chrono::seconds(10);
  Duration request_timeout = std::chrono::seconds(600);
};

struct Services {
  const Clock& clock;
  Metrics& metrics;
  ModelRegistry& models;
  ResponseStore& responses;
  CompletionStore& completions;
  KeyStore& keys;
  BackgroundRunner& background;  // api/background.h: drives work whose caller has gone
  ApiLimits limits;
};

}  // namespace diptych
