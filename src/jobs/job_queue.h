#pragma once
// The queue as handlers see it: submit, look, cancel, wait. Owns the workers.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"
#include "jobs/job_runner.h"
#include "jobs/job_store.h"

namespace diptych {

struct JobQueueOptions {
  QueueLimits limits;
  Duration run_max = std::chrono::hours(1);  // of a job that names no timeout; 0: no limit
  Duration heartbeat = std::chrono::seconds(2);
};

class JobQueue {  // safe from any thread
 public:
  virtual ~JobQueue() =
      default;  // stops the workers: running jobs stay leased in the store and go on after a start
  virtual Result<Submitted> submit(const NewJob& job) = 0;  // wakes a worker
  // An owner sees its own jobs only; nullopt: everyone's. Another owner's id is kNotFound.
  virtual Result<Job> get(std::string_view id, std::optional<std::string_view> owner) = 0;
  virtual Result<JobState> cancel(std::string_view id, std::optional<std::string_view> owner) = 0;
  virtual Status skip(std::string_view id,
                      std::optional<std::string_view> owner) = 0;  // JobContext::skip_wanted
  virtual Status erase(std::string_view id, std::optional<std::string_view> owner) = 0;
  virtual std::optional<std::string> running(JobKind kind) const = 0;  // id
  virtual JobStore& store() = 0;
  virtual EventFeed& feed() = 0;
  virtual void drain() = 0;  // starts nothing more; running ones go on
};

struct JobServices {
  JobStore& store;
  BlobStore& blobs;
  EventFeed& feed;
  Metrics& metrics;
  const Clock& clock;
};
// One worker thread for each runner. recover() runs first.
Result<std::unique_ptr<JobQueue>> make_job_queue(const JobServices& services,
                                                 JobQueueOptions options,
                                                 std::vector<std::unique_ptr<JobRunner>> runners);

}  // namespace diptych
