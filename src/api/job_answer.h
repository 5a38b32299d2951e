#pragma once
// Answers that wait for a job of the queue.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/services.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"

namespace diptych {

enum class CallerLeaves : std::uint8_t { kCancelsJob, kLeavesJob };

// Whose jobs a caller may see: its own; nullopt: everyone's (an open server, an admin key).
std::optional<std::string> visible_owner(const Caller& caller);

// A job that is being waited for. One thread; destroying it cancels a job that has not ended, if
// leaving does that. Made by handlers: it may wait for the disk.
class JobWait {
 public:
  // `since`: events after this sequence; 0: all that are kept.
  static Result<std::unique_ptr<JobWait>> start(std::string job_id, const Caller& caller,
                                                CallerLeaves leaves, Services& services,
                                                std::int64_t since = 0);
  ~JobWait();
  JobWait(const JobWait&) = delete;
  JobWait& operator=(const JobWait&) = delete;

  void on_ready(std::function<void()> wake);  // as Stream::on_ready
  std::optional<JobEvent> next();             // the oldest news; nullopt: nothing now, or ended()
  bool ended() const { return ended_; }       // its last event was taken
  const std::string& job_id() const { return job_id_; }
  const std::optional<std::string>& owner() const { return owner_; }

 private:
  JobWait(std::string job_id, const Caller& caller, CallerLeaves leaves, Services& services);

  const std::string job_id_;
  const std::optional<std::string> owner_;
  const CallerLeaves leaves_;
  Services& services_;
  std::unique_ptr<Subscription> subscription_;
  std::optional<JobEvent> past_end_;  // it had ended before anybody subscribed
  bool ended_ = false;
};

// What the answer says about a job that has succeeded. May read blobs: it runs where waiting for a
// disk blocks nobody. What it refers to must outlive the call: it owns what it needs.
using FormatJob = std::function<Result<Answer>(const Job& job)>;

// Answers once the job has ended; one that did not succeed answers with its error. `caller` must be
// able to see the job.
Result<std::unique_ptr<PendingAnswer>> answer_job(std::string job_id, const Caller& caller,
                                                  CallerLeaves leaves, FormatJob format,
                                                  Services& services);

// Reads an ended job and formats it, off the polling thread.
class EndedJob {
 public:
  EndedJob(const JobWait& wait, FormatJob format, Services& services);
  void on_ready(std::function<void()> wake);
  std::optional<Result<Answer>> poll();  // nullopt: still reading

  struct Work;

 private:
  std::shared_ptr<Work> work_;
};

// Why a job that ended without success did; what a caller who waited for it is told.
Error error_of(const Job& job);

}  // namespace diptych
