#pragma once
// What a runner may use while it works on a job. Private to jobs/.

#include <string>
#include <string_view>

#include "jobs/job_queue.h"
#include "jobs/job_run.h"
#include "jobs/job_runner.h"

namespace diptych {

class RunContext final : public JobContext {
 public:
  RunContext(const JobServices& services, JobRun& run) : services_(services), run_(run) {}

  std::stop_token stop() const override { return run_.stop_token(); }
  void progress(const JobProgress& progress) override;
  bool preview_wanted() const override { return services_.feed.is_watched(run_.job().id); }
  void preview(JobPreview preview) override;
  std::string_view checkpoint() const override { return run_.lease().checkpoint; }
  Status save_checkpoint(std::string_view bytes) override;
  Result<std::string> put_blob(std::string_view bytes) override;
  Result<std::string> get_blob(std::string_view hash) override { return services_.blobs.get(hash); }
  bool skip_wanted() override { return run_.take_skip(); }

 private:
  JobEvent event(std::string type) const;
  Status checked(Status status);  // a lost lease ends the run

  const JobServices& services_;
  JobRun& run_;
};

}  // namespace diptych
