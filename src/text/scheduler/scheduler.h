#pragma once
// Continuous batching over one Engine. submit() is safe from any thread; run() is the one thread
// that owns the engine.

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "text/engine.h"
#include "text/generation.h"
#include "text/stream.h"

namespace diptych {

struct SchedulerOptions {
  int slots_max = 16;         // choices decoding or in prefill at once
  int queued_max = 256;       // waiting requests; the next one is refused with kOverloaded
  int step_tokens_max = 256;  // tokens of one step while nobody is decoding
  int prefill_tokens_beside_decode =
      64;  // prompt tokens of one step while someone is decoding: bounds the gap between tokens
  int stream_bytes_max = 64 << 10;
  Duration reader_stall_max = std::chrono::seconds(60);
  Duration queue_wait_max = std::chrono::seconds(300);
  Duration step_stall_max =
      std::chrono::seconds(120);  // no progress for so long is a stall; zero: never
  Duration priority_aging =
      std::chrono::seconds(30);  // a waiting request rises by one priority each time
  // While several owners are about (seen within owner_memory), one of them leaves this many slots
  // to the others.
  int owner_reserved_slots = 2;
  Duration owner_memory = std::chrono::seconds(60);
  // Prompts are computed one after the other, by time of admission plus this for every token still
  // to compute, less that for every rank of priority.
  Duration prefill_patience_per_token = std::chrono::milliseconds(2);
  Duration prefill_patience_per_priority = std::chrono::seconds(10);
  int prompt_logprob_tokens_max =
      64;  // prompt tokens of one step and request when every one's logits are wanted
  int cells_ahead_per_choice =
      64;  // room that a choice should find beyond its prompt before it starts
  int cached_cells_max =
      -1;  // cells that finished prefixes may keep; -1: all that nobody else needs
};

struct SchedulerLoad {  // a snapshot, for /health, headers and Retry-After
  int active = 0, queued = 0, slots = 0;
  int cells_used = 0, cells_cached = 0, cells = 0;  // cached: finished prefixes kept for reuse
  std::size_t kv_bytes = 0;
  std::string stalled;  // what has made no progress for step_stall_max; empty: all is well
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Errors: kOverloaded with retry_after_ms (queue full; detail "model_stalled": no progress),
  // kInvalidArgument (does not fit), kCancelled (shutting down).
  virtual Result<std::unique_ptr<Stream>> submit(GenerationRequest request) = 0;
  virtual SchedulerLoad load() const = 0;  // any thread, never blocks on a step
  virtual void run(
      std::stop_token stop) = 0;  // returns when stopped; unfinished streams end with kCancelled
  virtual void drain() = 0;       // refuse new work from now on; any thread
};

std::unique_ptr<Scheduler> make_scheduler(std::unique_ptr<Engine> engine,
                                          const SchedulerOptions& options, const Clock& clock,
                                          Metrics& metrics);

}  // namespace diptych
