#pragma once
// Continuous batching over one Engine. submit() is safe from any thread; run() is the one thread that owns the engine.

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "text/engine.h"
#include "text/generation.h"
#include "text/stream.h"

namespace diptych {

struct SchedulerOptions {
  int slots_max = 16;              // choices decoding or in prefill at once
  int queued_max = 256;            // waiting requests; the next one is refused with kOverloaded
  int step_tokens_max = 256;       // tokens of one step while nobody is decoding
  int prefill_tokens_beside_decode = 64;  // prompt tokens of one step while someone is decoding: bounds the gap between tokens
  int stream_bytes_max = 64 << 10;
  Duration reader_stall_max = std::chrono::seconds(60);
  Duration queue_wait_max = std::chrono::seconds(300);
};

struct SchedulerLoad {  // a snapshot, for /health, headers and Retry-After
  int active = 0, queued = 0, slots = 0;
  int cells_used = 0, cells_cached = 0, cells = 0;  // cached: finished prefixes kept for reuse
  std::size_t kv_bytes = 0;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Errors: kOverloaded with retry_after_ms (queue full), kInvalidArgument (does not fit), kCancelled (shutting down).
  virtual Result<std::unique_ptr<Stream>> submit(GenerationRequest request) = 0;
  virtual SchedulerLoad load() const = 0;          // any thread, never blocks on a step
  virtual void run(std::stop_token stop) = 0;      // returns when stopped; unfinished streams end with kCancelled
  virtual void drain() = 0;                        // refuse new work from now on; any thread
};

std::unique_ptr<Scheduler> make_scheduler(std::unique_ptr<Engine> engine, const SchedulerOptions& options,
                                          const Clock& clock, Metrics& metrics);

}  // namespace diptych
