#pragma once
// The bounded channel between the scheduler thread and one reader. Deltas merge while nobody reads;
// past bytes_max the sequence pauses; a reader that stalls longer than the scheduler allows is
// closed with kTimeout and a counted reason.

#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "text/generation.h"

namespace diptych {

// Reader's end. One thread at a time; on_ready's function runs on the scheduler thread.
class Stream {
 public:
  virtual ~Stream() =
      default;  // cancels what is not finished: queued, in prefill or decoding, within one step

  // `wake` is called once for each time poll() returned nothing and there is now something (or an
  // end). It must be cheap, must not call back into the stream, and may come before on_ready
  // returns. Replaces an earlier function.
  virtual void on_ready(std::function<void()> wake) = 0;

  // The oldest news; nullopt: nothing yet, or (when done()) nothing any more. An error ends the
  // stream: kTimeout, kOverloaded (evicted), kCancelled (shutdown), kInternal.
  virtual Result<std::optional<Delta>> poll() = 0;
  // The reader has all it wants of this choice: it ends within one step, as if a stop string had
  // come. News of it may still arrive, the last one with its finish.
  virtual void end_choice(int choice) = 0;
  virtual bool done() const = 0;              // everything was polled
  virtual GenerationUsage usage() const = 0;  // prompt counts are final once the first delta came
  virtual GenerationTimes times() const = 0;
};

}  // namespace diptych
