#pragma once
// How the queue tells the feed and the metrics about a job. Private to jobs/.

#include "base/metrics.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"

namespace diptych {

JobEvent event_of(const Job& job);  // of its state: "queued", "started", "succeeded", …

class JobMetrics {  // safe from any thread
 public:
  explicit JobMetrics(Metrics& metrics);
  void started(const Job& job);  // after a lease
  void rested(const Job& job);   // no longer running, whatever became of it
  void ended(const Job& job);    // is final
  void set_queued(int count) { queued_.set(count); }

 private:
  Gauge& running(JobKind kind);

  Metrics& metrics_;
  Gauge& queued_;
};

}  // namespace diptych
