#include "text/scheduler/scheduler_metrics.h"

#include <string_view>
#include <vector>

namespace diptych {
namespace {

const std::vector<double>& seconds() {  // 1 ms … 60 s
  static const std::vector<double> bounds{.001, .0025, .005, .01, .025, .05, .1, .25,
                                          .5,   1,     2.5,  5,   10,   30,  60};
  return bounds;
}

const std::vector<double>& short_seconds() {  // 10 µs … 100 ms
  static const std::vector<double> bounds{.00001, .00003, .0001, .0003, .001, .003, .01, .03, .1};
  return bounds;
}

const std::vector<double>& token_counts() {
  static const std::vector<double> bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  return bounds;
}

Counter& tokens(Metrics& metrics, std::string_view kind) {
  return metrics.counter("diptych_text_tokens_total",
                         "Tokens computed as prompt, generated, or reused (cached).",
                         {{"kind", std::string(kind)}});
}

Counter& cancelled(Metrics& metrics, std::string_view phase) {
  return metrics.counter("diptych_text_cancelled_total",
                         "Requests whose reader went away, by phase.",
                         {{"phase", std::string(phase)}});
}

}  // namespace

SchedulerMetrics::SchedulerMetrics(Metrics& metrics)
    : active(metrics.gauge("diptych_text_active", "Choices in prefill or decoding.")),
      queued(metrics.gauge("diptych_text_queued", "Requests that wait for a slot.")),
      cells_used(metrics.gauge("diptych_text_cells_used", "Positions held in the KV memory.")),
      cells_cached(metrics.gauge("diptych_text_cells_cached",
                                 "Positions held only for reuse by later prompts.")),
      prompt_tokens(tokens(metrics, "prompt")),
      generated_tokens(tokens(metrics, "generated")),
      cached_tokens(tokens(metrics, "cached")),
      wasted_tokens(metrics.counter("diptych_text_wasted_tokens_total",
                                    "Tokens computed for requests whose reader had gone already.")),
      steps(metrics.counter("diptych_text_steps_total", "Engine steps.")),
      step_seconds(
          metrics.histogram("diptych_text_step_seconds", "Time of one engine step.", seconds())),
      batch_tokens(metrics.histogram("diptych_text_batch_tokens", "Tokens in one engine step.",
                                     token_counts())),
      overhead_seconds(metrics.histogram("diptych_text_step_overhead_seconds",
                                         "Time between engine steps: planning, sampling, text.",
                                         short_seconds())),
      first_token_seconds(metrics.histogram("diptych_text_first_token_seconds",
                                            "Submission to first token.", seconds())),
      inter_token_seconds(metrics.histogram("diptych_text_inter_token_seconds",
                                            "Gap between tokens of a choice.", seconds())),
      queue_seconds(
          metrics.histogram("diptych_text_queue_seconds", "Submission to admission.", seconds())),
      cancelled_queued(cancelled(metrics, "queued")),
      cancelled_prefill(cancelled(metrics, "prefill")),
      cancelled_decode(cancelled(metrics, "decode")),
      refused(metrics.counter("diptych_text_refused_total",
                              "Requests refused because the queue was full.")),
      timeouts(metrics.counter("diptych_text_timeouts_total", "Requests that ran out of time.")),
      stalled_readers(metrics.counter("diptych_text_stalled_readers_total",
                                      "Streams closed because their reader did not read.")),
      preemptions(metrics.counter("diptych_text_preemptions_total",
                                  "Choices that lost their KV memory and were computed again.")),
      evictions(
          metrics.counter("diptych_text_evictions_total", "Kept prefixes dropped to make room.")),
      step_errors(metrics.counter("diptych_text_step_errors_total", "Engine steps that failed.")) {}

}  // namespace diptych
