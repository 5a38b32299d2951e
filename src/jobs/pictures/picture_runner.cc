#include "jobs/pictures/picture_runner.h"

#include <array>
#include <utility>

#include "jobs/pictures/picture_run.h"

namespace diptych {
namespace {

// As if every step ran; an init picture leaves some out.
std::int64_t pixel_steps_of(const ImageRequest& request) {
  std::int64_t one = std::int64_t{request.width} * request.height * request.steps;
  if (const auto& hires = request.hires)
    one += std::int64_t{hires->width} * hires->height *
           (hires->steps > 0 ? hires->steps : request.steps);
  return one * request.batch_size * request.batch_count;
}

class PictureRunner final : public JobRunner {
 public:
  PictureRunner(ResidentModels& models, const Clock& clock, PictureRunnerOptions options)
      : models_(models), clock_(clock), options_(std::move(options)) {}

  std::span<const JobKind> kinds() const override {
    static constexpr std::array kKinds = {JobKind::kPicture};
    return kKinds;
  }

  std::int64_t cost_of(const NewJob& job) const override {
    const auto wanted = parse_picture_job(job.request);
    return wanted ? pixel_steps_of(wanted->request) : 0;
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
