#pragma once
// What the scheduler counts; one member per series.

#include "base/metrics.h"

namespace diptych {

struct SchedulerMetrics {
  explicit SchedulerMetrics(Metrics &metrics);

  Gauge &active, &queued, &cells_used, &cells_cached;
  Counter &prompt_tokens, &generated_tokens, &cached_tokens, &wasted_tokens;
  Counter &steps;
  Histogram &step_seconds, &batch_tokens, &overhead_seconds;
  Histogram &first_token_seconds, &inter_token_seconds, &queue_seconds;
  Counter &cancelled_queued, &cancelled_prefill, &cancelled_decode;
  Counter &refused, &timeouts, &stalled_readers, &preemptions, &evictions, &step_errors;
};

}  // namespace diptych
