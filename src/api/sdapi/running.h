#pragma once
// The drawing that a caller sees at work.

#include <optional>
#include <string>

#include "api/call.h"
#include "api/services.h"
#include "jobs/event_feed.h"
#include "jobs/job.h"

namespace diptych::sdapi {

struct JobView {
  Job job;
  JobProgress progress;               // the latest
  std::optional<JobPreview> preview;  // the latest
  int job_count = 1, job_no = 0;      // evaluations: n_iter; 0-based
  int sampling_step = 0, sampling_steps = 0;
  double elapsed_s = 0;
  double eta_s = 0;
};

// Its own drawing that runs, else the one that is next; an admin key and an open server see
// everyone's. nullopt: none.
Result<std::optional<JobView>> find_current(const Call& call, Services& services);
Result<JobView> view_job(std::string_view id, const Call& call, Services& services);  // kNotFound

// Its own running drawing's id, "": none.
std::string own_running(const Call& call, Services& services);

}  // namespace diptych::sdapi
