#pragma once
// What a running picture job tells of itself: phase, step, rate, time left.

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "image/pipeline/pipeline.h"
#include "jobs/job_runner.h"

namespace diptych {

class RunProgress {  // of one run; the runner's thread
 public:
  RunProgress(JobContext& context, const Clock& clock) : context_(context), clock_(clock) {}

  void phase(std::string_view name);  // a row of JobProgress::phase
  void step(const DrawProgress& progress);
  std::string_view phase() const { return told_.phase; }

 private:
  JobContext& context_;
  const Clock& clock_;
  JobProgress told_;
  std::optional<Monotonic> stepped_at_;  // the last step, if the next one follows it at once
  std::optional<double> step_seconds_;   // smoothed
};

}  // namespace diptych
