#pragma once
// Who does the work of one kind of job, and what it may use meanwhile.

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"

namespace diptych {

class JobContext {  // of one run; the runner's thread only
 public:
  virtual ~JobContext() = default;
  virtual std::stop_token stop() const = 0;  // cancelled, timed out or shutting down
  virtual void progress(const JobProgress& progress) = 0;
  virtual bool preview_wanted() const = 0;  // somebody is watching
  virtual void preview(JobPreview preview) = 0;
  virtual std::string_view checkpoint() const = 0;             // of an earlier attempt; "" none
  virtual Status save_checkpoint(std::string_view bytes) = 0;  // kConflict: the lease is lost, stop
  virtual Result<std::string> put_blob(std::string_view bytes) = 0;
  virtual Result<std::string> get_blob(std::string_view hash) = 0;
  virtual bool
  skip_wanted() = 0;  // "go on with the next picture of this job"; reading it clears it
};

struct JobResult {
  std::vector<JobOutput> outputs;
  Warnings warnings;
  LedgerRow bill;
};

class JobRunner {  // one worker thread calls it
 public:
  virtual ~JobRunner() = default;
  virtual std::span<const JobKind> kinds() const = 0;
  // Pixel-steps that a job is expected to take; 0: no idea. Any thread, cheap, loads nothing.
  virtual std::int64_t cost_of(const NewJob& /*job*/) const { return 0; }
  virtual Result<JobResult> run(const Job& job, JobContext& context) = 0;
};

}  // namespace diptych
