#include "api/sdapi/running.h"

#include <algorithm>
#include <utility>

#include "api/job_answer.h"
#include "jobs/job_queue.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::sdapi {
namespace {

// Which evaluation, by the fraction of the whole that is drawn; and the step within it.
void place_steps(JobView& view) {
  const auto picture = parse_picture_job(view.job.spec.request);
  if (!picture) return;
  const JobProgress& progress = view.progress;
  view.job_count = std::max(1, picture->request.batch_count);
  view.sampling_step = progress.step;
  view.sampling_steps = progress.step_count > 0 ? progress.step_count : picture->request.steps;
  double done = std::clamp(progress.fraction, 0.0, 1.0) * view.job_count;
  const bool batch_ends = progress.step > 0 && progress.step == progress.step_count;
  if (batch_ends) done -= 0.5;  // still this one
  view.job_no = std::clamp(static_cast<int>(done), 0, view.job_count - 1);
}

void reckon_times(std::int64_t now_ms, JobView& view) {
  if (!view.job.started_ms) return;
  view.elapsed_s =
      static_cast<double>(std::max<std::int64_t>(now_ms - *view.job.started_ms, 0)) / 1000;
  if (view.progress.eta_ms) {
    view.eta_s = static_cast<double>(*view.progress.eta_ms) / 1000;
  } else if (view.progress.fraction > 0) {
    view.eta_s = view.elapsed_s / view.progress.fraction - view.elapsed_s;
  }
}

JobView make_view(Job job, Services& services) {
  JobView view{.job = std::move(job)};
  view.progress = view.job.progress;
  if (auto latest = services.pictures->queue.feed().latest(view.job.id)) {
    view.progress = latest->progress;
    view.preview = std::move(latest->preview);
  }
  place_steps(view);
  reckon_times(services.clock.unix_ms(), view);
  return view;
}

}  // namespace

std::string own_running(const Call& call, Services& services) {
  if (services.pictures == nullptr) return {};
  JobQueue& queue = services.pictures->queue;
  const auto id = queue.running(JobKind::kPicture);
  if (!id) return {};
  return queue.get(*id, visible_owner(call.caller)) ? *id : std::string();
}

Result<std::optional<JobView>> find_current(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  const auto owner = visible_owner(call.caller);
  if (const auto id = pictures->queue.running(JobKind::kPicture)) {
    auto job = pictures->queue.get(*id, owner);
    if (job && !is_final(job->state)) return std::optional(make_view(std::move(*job), services));
  }
  TRY(Listing<Job> queued,
      pictures->queue.store().list(
          {.owner = owner, .state = JobState::kQueued, .kind = JobKind::kPicture}, {.limit = 1}));
  if (queued.rows.empty()) return std::optional<JobView>();
  return std::optional(make_view(std::move(queued.rows.front()), services));
}

Result<JobView> view_job(std::string_view id, const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  TRY(Job job, pictures->queue.get(id, visible_owner(call.caller)));
  return make_view(std::move(job), services);
}

}  // namespace diptych::sdapi
