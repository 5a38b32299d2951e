#pragma once
// Draws picture jobs: opens the model, draws, tells of it, keeps checkpoints, puts the files away.
// A job that was interrupted goes on from its last checkpoint, and its files come out byte for byte
// as if it had not been.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "jobs/job_runner.h"
#include "jobs/pictures/resident_models.h"

namespace diptych {

struct PictureRunnerOptions {
  Duration checkpoint_interval = std::chrono::seconds(5);  // and after each finished batch
  std::uint64_t record_bytes_max = std::uint64_t{64} << 20;
  Duration preview_interval = std::chrono::milliseconds(500);
  std::string program_version;  // checkpoints of another one are of no use
};

// Both must outlive the runner.
std::unique_ptr<JobRunner> make_picture_runner(ResidentModels& models, const Clock& clock,
                                               PictureRunnerOptions options);

}  // namespace diptych
