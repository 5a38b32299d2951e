#pragma once
// A JobContext that remembers all it is told, over blobs in memory.

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "image/pipeline/testing/tiny_model.h"
#include "jobs/pictures/picture_job.h"
#include "jobs/pictures/picture_runner.h"

namespace diptych {

using Blobs = std::map<std::string, std::string>;

class RecordedContext final : public JobContext {
 public:
  explicit RecordedContext(Blobs& blobs, std::string checkpoint = {})
      : blobs_(blobs), checkpoint_(std::move(checkpoint)) {}

  std::stop_token stop() const override { return stop_.get_token(); }
  void progress(const JobProgress& progress) override {
    told.push_back(progress);
    if (on_progress) on_progress(progress);
  }
  bool preview_wanted() const override { return is_watched; }
  void preview(JobPreview preview) override { previews.push_back(std::move(preview)); }
  std::string_view checkpoint() const override { return checkpoint_; }
  Status save_checkpoint(std::string_view bytes) override {
    TRY_STATUS(save_answer);
    checkpoints.emplace_back(bytes);
    return {};
  }
  Result<std::string> put_blob(std::string_view bytes) override {
    const Sha256 hash = sha256(bytes);
    const std::string name = to_hex(hash);
    blobs_[name] = bytes;
    return name;
  }
  Result<std::string> get_blob(std::string_view hash) override {
    const auto found = blobs_.find(std::string(hash));
    if (found != blobs_.end()) return found->second;
    return fail(ErrorCode::kNotFound, "there is no blob " + std::string(hash));
  }
  bool skip_wanted() override { return std::exchange(skip, false); }

  void request_stop() { stop_.request_stop(); }

  std::vector<JobProgress> told;
  std::vector<JobPreview> previews;
  std::vector<std::string> checkpoints;
  std::function<void(const JobProgress&)> on_progress;
  Status save_answer;
  bool is_watched = false, skip = false;

 private:
  Blobs& blobs_;
  std::string checkpoint_;
  std::stop_source stop_;
};

// Runners over the tiny random model "sd1" of the fixtures, on one thread.
class TinyPictures {
 public:
  explicit TinyPictures(const Path& folder = {}, std::uint64_t bytes_max = std::uint64_t{1} << 30)
      : hashes_(Path()),
        library({.default_model = fixture_folder() / "sd1" / "pipeline",
                 .default_id = "tiny",
                 .folder = folder},
                hashes_),
        models(library, test_backends(),
               {.settings = {.devices = "ggml:cpu",
                             .precision = Precision::kF32,
                             .threads = [] { return 1; }},
                .bytes_max = bytes_max}) {}

  Result<JobResult> run(const PictureJob& wanted, RecordedContext& context,
                        PictureRunnerOptions options = {}) {
    Job job{.id = "job_1"};
    job.spec.owner = "key_1";
    job.spec.model = wanted.model;
    job.spec.request = dump_picture_job(wanted);
    return make_picture_runner(models, clock, std::move(options))->run(job, context);
  }

 private:
  FileHashes hashes_;

 public:
  ManualClock clock;
  PictureLibrary library;
  ResidentModels models;
};

inline PictureJob tiny_job() {
  PictureJob job;
  job.request = tiny_request();
  return job;
}

}  // namespace diptych
