#pragma once
// How long stored answers and ended jobs are kept, and the thread that gives up what is too old or
// too much.

#include <cstddef>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "jobs/job_store.h"
#include "jobs/stores.h"

namespace diptych {

struct RetentionLimits {
  int keep_days = 30;                            // 0: for good
  std::size_t bytes_max = std::size_t{1} << 30;  // of the whole store; past it the oldest go
};

class Retention {
 public:
  Retention(AnswerExpiry& expiry, RetentionLimits limits, const Clock& clock, Metrics& metrics);

  // Erases all that is past the limits now, in small transactions with room for others between
  // them. By one thread. kIo: what is left is for the next time.
  Status sweep(const std::stop_token& stop);

 private:
  Status erase_old(const std::stop_token& stop);
  Status erase_excess(const std::stop_token& stop);

  AnswerExpiry& expiry_;
  const RetentionLimits limits_;
  const Clock& clock_;
  Counter &too_old_, &too_much_;
  Gauge& bytes_;
};

struct HistoryLimits {  // of jobs that have ended, with their pictures
  int keep_days = 0;    // 0: for good
  int jobs_max = 20'000;
  std::size_t bytes_max = std::size_t{50} << 30;  // of their pictures; past a bound the oldest go
};

class HistoryRetention {
 public:
  HistoryRetention(JobStore& jobs, HistoryLimits limits, const Clock& clock, Metrics& metrics);

  Status sweep(const std::stop_token& stop);  // as Retention::sweep()

 private:
  JobStore& jobs_;
  const HistoryLimits limits_;
  const Clock& clock_;
  Counter& erased_;
};

class RetentionThread {  // sweeps when it is made and every ten minutes; its end ends a sweep
 public:
  virtual ~RetentionThread() = default;
};
std::unique_ptr<RetentionThread> start_retention(Retention answers, HistoryRetention history);

}  // namespace diptych
