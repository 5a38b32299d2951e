#pragma once
// What happens to jobs, live. SSE, WebSocket and polling read the same feed. A late subscriber gets
// the state so far; a slow one gets merged news, never a queue without end; nobody waits for it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  std::optional<int> position;  // in the queue
};

class Subscription {  // one reader; any thread. Destroying it unsubscribes
 public:
  virtual ~Subscription() = default;
  virtual void on_ready(std::function<void()> wake) = 0;  // as Stream::on_ready
  virtual std::optional<JobEvent> poll() = 0;             // nullopt: nothing now
};

class EventFeed {
 public:
  virtual ~EventFeed() = default;
  virtual void publish(JobEvent event) = 0;  // assigns the sequence; never blocks on a reader
  // "" : all jobs of `owner` (nullopt: everyone's). `since`: events after this sequence that are
  // still kept.
  virtual std::unique_ptr<Subscription> subscribe(std::string_view job,
                                                  std::optional<std::string> owner,
                                                  std::int64_t since = 0) = 0;
  virtual std::optional<JobEvent> latest(std::string_view job) = 0;
};
std::unique_ptr<EventFeed> make_event_feed();

}  // namespace diptych
