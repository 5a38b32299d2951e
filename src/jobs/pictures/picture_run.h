#pragma once
// One run of one picture job, from its request to its files.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/job_runner.h"
#include "jobs/pictures/picture_checkpoint.h"
#include "jobs/pictures/picture_job.h"
#include "jobs/pictures/picture_runner.h"
#include "jobs/pictures/resident_models.h"
#include "jobs/pictures/run_progress.h"

namespace diptych {

struct PictureRunParts {
  const Job& job;
  JobContext& context;
  ResidentModels& models;
  const Clock& clock;
  const PictureRunnerOptions& options;
};

class PictureRun {  // once; one thread
 public:
  explicit PictureRun(const PictureRunParts& parts)
      : parts_(parts),
        progress_(parts.context, parts.clock),
        record_(parts.options.record_bytes_max),
        saved_at_(parts.clock.now()),
        save_interval_(parts.options.checkpoint_interval) {}

  // Errors: of the request (kInvalidArgument, kUnsupported, kNotFound), of the model, kCancelled,
  // kConflict (the lease is lost).
  Result<JobResult> run();

 private:
  struct Finished {
    int index;  // in the request
    JobOutput output;
  };

  Status read_request();
  void go_on_from(std::string_view checkpoint, const PictureModel& model);
  bool has_all_files(const PictureCheckpoint& checkpoint);
  Result<Drawing> draw(const ResidentModels::Use& use);
  Status put_away(const DrawnPicture& drawn);
  Status save_if_due();
  Status save();
  void show(const ResidentModels::Use& use, const DrawProgress& progress);
  Result<JobResult> result_of(Drawing drawing, const PictureModel& model);

  const PictureRunParts parts_;
  PictureJob request_;
  std::string fingerprint_;
  RunProgress progress_;
  DrawRecord record_;
  std::vector<Finished> finished_;
  Warnings file_warnings_;
  int saved_first_picture_ = 0;
  Monotonic saved_at_;
  Duration save_interval_;
  std::optional<Monotonic> shown_at_;
};

}  // namespace diptych
