#include "jobs/pictures/picture_runner.h"

#include <array>
#include <utility>

#include "jobs/pictures/picture_run.h"

namespace diptych {
namespace {

class PictureRunner final : public JobRunner {
 public:
  PictureRunner(ResidentModels& models, const Clock& clock, PictureRunnerOptions options)
      : models_(models), clock_(clock), options_(std::move(options)) {}

  std::span<const JobKind> kinds() const override {
    static constexpr std::array kKinds = {JobKind::kPicture};
    return kKinds;
  }

  Result<JobResult> run(const Job& job, JobContext& context) override {
    return PictureRun({job, context, models_, clock_, options_}).run();
  }

 private:
  ResidentModels& models_;
  const Clock& clock_;
  const PictureRunnerOptions options_;
};

}  // namespace

std::unique_ptr<JobRunner> make_picture_runner(ResidentModels& models, const Clock& clock,
                                               PictureRunnerOptions options) {
  return std::make_unique<PictureRunner>(models, clock, std::move(options));
}

}  // namespace diptych
