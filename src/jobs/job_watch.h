#pragma once
// Looks after what runs and waits, on a thread of its own: heartbeats, time limits, positions in
// the queue. Private to jobs/.

#include <atomic>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/job_events.h"
#include "jobs/job_queue.h"
#include "jobs/job_run.h"

namespace diptych {

struct WatchParts {
  JobServices services;
  RunningJobs& running;
  JobMetrics& metrics;
};

class JobWatch {
 public:
  JobWatch(const WatchParts& parts, Duration heartbeat);
  // Jobs came, went or started: positions may be others now. Any thread.
  void note_change() { changed_ = true; }

 private:
  void watch(const std::stop_token& stop);
  void stop_late();
  void beat();
  void tell_positions();

  const WatchParts parts_;
  const Duration heartbeat_;
  std::atomic<bool> changed_ = true;
  Monotonic beaten_at_;
  std::vector<std::string> followed_;  // whose positions were told last
  Mutex mutex_;
  CondVar tick_;
  std::jthread thread_;  // last: it uses the above
};

}  // namespace diptych
