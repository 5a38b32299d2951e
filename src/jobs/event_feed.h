#pragma once
// What happens to jobs, live. SSE, WebSocket and polling read the same feed. A late subscriber gets
// the state so far; a slow one gets merged news, never a queue without end; nobody waits for it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/job.h"

namespace diptych {

struct JobPreview {  // the latest only; older ones are forgotten
  std::shared_ptr<const std::string> bytes;
  std::string content_type;
  int step = 0;
};

struct JobEvent {
  std::int64_t sequence = 0;  // ascending within a job
  std::string job;
  std::string type;  // "queued", "started", "progress", "preview", "succeeded", "failed",
                     // "cancelled", "expired"
  JobState state = JobState::kQueued;
  JobProgress progress;
  std::optional<JobPreview> preview;
  std::optional<int> position;  // in the queue; 0: next
  std::string owner;            // of the job
};

class Subscription {  // one reader; any thread. Destroying it unsubscribes; the feed outlives it
 public:
  virtual ~Subscription() = default;
  // `wake` is called when there is news after poll() returned nothing. It must be cheap and call
  // nothing of the feed; once more than needed does no harm. Replaces an earlier function.
  virtual void on_ready(std::function<void()> wake) = 0;
  virtual std::optional<JobEvent> poll() = 0;  // nullopt: nothing now
};

class EventFeed {  // safe from any thread
 public:
  virtual ~EventFeed() = default;
  // Assigns the sequence; never waits for a reader. Of each sort of news (queued, started,
  // progress, preview, end) a job's latest is kept: slow and late readers get those, in order.
  // Dropped: what a job was before the state that was told already.
  virtual void publish(JobEvent event) = 0;
  // "" : all jobs of `owner` (nullopt: everyone's). `since`: events after this sequence that are
  // still kept; 0: all of them.
  virtual std::unique_ptr<Subscription> subscribe(std::string_view job,
                                                  std::optional<std::string> owner,
                                                  std::int64_t since = 0) = 0;
  virtual std::optional<JobEvent> latest(std::string_view job) = 0;
  // Somebody subscribes to it, alone or with all jobs, or asked for its latest() within ten
  // seconds.
  virtual bool is_watched(std::string_view job) const = 0;
  // The latest of jobs that somebody follows by name; those who subscribe to all do not count.
  virtual std::vector<JobEvent> followed_in(JobState state) const = 0;
};
// Sequences start at the clock's milliseconds since 1970, so that those of a later run are greater.
std::unique_ptr<EventFeed> make_event_feed(const Clock& clock);

}  // namespace diptych
