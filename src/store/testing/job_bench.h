#pragma once
// A whole job queue for tests: the real store in memory (or a file), the real feed, scripted
// runners.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "jobs/job_queue.h"
#include "jobs/testing/scripted_runner.h"
#include "store/store.h"
#include "store/testing/job_life.h"

namespace diptych::testing {

struct JobBenchOptions {
  JobScript script;
  int workers = 1;
  JobQueueOptions queue;
  Path file = ":memory:";
  const Clock* clock = &system_clock();
  bool starts = true;  // false: start() does
};

class JobBench {
 public:
  explicit JobBench(JobBenchOptions options = {});
  ~JobBench();

  void start();  // the queue, as after a restart of the process
  void stop();   // the queue ends as with the process; the store stays open

  Submitted submit(NewJob job);  // aborts the test binary if it is refused
  Job wait_for_end(const std::string& id);

  const JobBenchOptions options;
  std::unique_ptr<Metrics> metrics = make_metrics();
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<EventFeed> feed;
  Gate gate;  // open
  RunnerLog log;
  std::unique_ptr<JobQueue> queue;
};

// Blocks until the subscription has something.
class EventReader {
 public:
  explicit EventReader(std::unique_ptr<Subscription> subscription);
  ~EventReader();
  JobEvent next();                               // waits
  JobEvent next_of_type(std::string_view type);  // skips others
  std::optional<JobEvent> poll() { return subscription_->poll(); }

 private:
  struct Signal;
  std::shared_ptr<Signal> signal_;
  std::unique_ptr<Subscription> subscription_;
};

}  // namespace diptych::testing
