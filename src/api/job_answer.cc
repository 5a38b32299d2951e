#include "api/job_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/errand.h"
#include "base/log.h"
#include "jobs/job_queue.h"

namespace diptych {

std::optional<std::string> visible_owner(const Caller& caller) {
  const bool admin = std::ranges::find(caller.scopes, "admin") != caller.scopes.end();
  if (caller.key_id.empty() || admin) return std::nullopt;
  return caller.key_id;
}

// --- waiting ------------------------------------------------------------------------------------

JobWait::JobWait(std::string job_id, const Caller& caller, CallerLeaves leaves, Services& services)
    : job_id_(std::move(job_id)),
      owner_(visible_owner(caller)),
      leaves_(leaves),
      services_(services) {}

Result<std::unique_ptr<JobWait>> JobWait::start(std::string job_id, const Caller& caller,
                                                CallerLeaves leaves, Services& services,
                                                std::int64_t since) {
  TRY(PictureServices * pictures, get_pictures(services));
  std::unique_ptr<JobWait> wait(new JobWait(std::move(job_id), caller, leaves, services));
  // Subscribed first, looked at second: an end in between is either seen or still to come.
  wait->subscription_ = pictures->queue.feed().subscribe(wait->job_id_, wait->owner_, since);
  const Result<Job> job = pictures->queue.get(wait->job_id_, wait->owner_);
  if (!job) {
    wait->ended_ = true;  // nothing to cancel
    return fail(job.error());
  }
  if (is_final(job->state))
    wait->past_end_ = JobEvent{.job = job->id,
                               .type = std::string(name_of(job->state)),
                               .state = job->state,
                               .progress = job->progress};
  return wait;
}

// Cancelling writes to the disk, and this may be the thread of all sockets.
JobWait::~JobWait() {
  if (ended_ || past_end_ || leaves_ == CallerLeaves::kLeavesJob) return;
  Errand(services_.background, [&queue = services_.pictures->queue, id = job_id_, owner = owner_] {
    const auto state = queue.cancel(id, owner);
    if (!state) log_error("Job {} is not cancelled: {}", id, state.error().message);
  });
}

void JobWait::on_ready(std::function<void()> wake) { subscription_->on_ready(std::move(wake)); }

std::optional<JobEvent> JobWait::next() {
  if (ended_) return std::nullopt;
  std::optional<JobEvent> event = subscription_->poll();
  if (!event) event = std::exchange(past_end_, std::nullopt);
  if (event && is_final(event->state)) ended_ = true;
  return event;
}

// --- the end ------------------------------------------------------------------------------------

struct EndedJob::Work {
  std::optional<Result<Answer>> answer;  // the errand's until it is done
  std::optional<Errand> errand;          // nullopt once the answer was taken
};

namespace {

Result<Answer> read_and_format(JobQueue& queue, const std::string& id,
                               const std::optional<std::string>& owner, const FormatJob& format) {
  TRY(const Job job, queue.get(id, owner));
  if (job.state != JobState::kSucceeded) return fail(error_of(job));
  return format(job);
}

class WholeJob final : public PendingAnswer {
 public:
  WholeJob(std::unique_ptr<JobWait> wait, FormatJob format, Services& services)
      : wait_(std::move(wait)), format_(std::move(format)), services_(services) {}

  void on_ready(std::function<void()> wake) override {
    wake_ = wake;
    if (end_) end_->on_ready(wake);
    wait_->on_ready(std::move(wake));
  }
  Result<std::optional<Answer>> poll() override {
    while (wait_->next()) {
    }
    if (!wait_->ended()) return std::optional<Answer>();
    if (!end_) {
      end_.emplace(*wait_, std::move(format_), services_);
      end_->on_ready(wake_);
    }
    std::optional<Result<Answer>> answer = end_->poll();
    if (!answer) return std::optional<Answer>();
    TRY(Answer made, std::move(*answer));
    return std::optional<Answer>(std::move(made));
  }

 private:
  std::unique_ptr<JobWait> wait_;
  FormatJob format_;
  Services& services_;
  std::function<void()> wake_;
  std::optional<EndedJob> end_;
};

}  // namespace

EndedJob::EndedJob(const JobWait& wait, FormatJob format, Services& services)
    : work_(std::make_shared<Work>()) {
  // The errand holds the place of the answer, not the errand itself.
  const auto answer = std::shared_ptr<std::optional<Result<Answer>>>(work_, &work_->answer);
  work_->errand.emplace(
      services.background,
      [answer, format = std::move(format), &queue = services.pictures->queue, id = wait.job_id(),
       owner = wait.owner()] { *answer = read_and_format(queue, id, owner, format); });
}

void EndedJob::on_ready(std::function<void()> wake) {
  if (work_->errand) work_->errand->on_ready(std::move(wake));
}

std::optional<Result<Answer>> EndedJob::poll() {
  if (!work_->errand || !work_->errand->done()) return std::nullopt;
  work_->errand.reset();
  if (!work_->answer)
    return Result<Answer>(fail(ErrorCode::kInternal, "The answer of a job was not made."));
  return std::exchange(work_->answer, std::nullopt);
}

Result<std::unique_ptr<PendingAnswer>> answer_job(std::string job_id, const Caller& caller,
                                                  CallerLeaves leaves, FormatJob format,
                                                  Services& services) {
  TRY(auto wait, JobWait::start(std::move(job_id), caller, leaves, services));
  return std::make_unique<WholeJob>(std::move(wait), std::move(format), services);
}

Error error_of(const Job& job) {
  if (job.error && job.state != JobState::kCancelled) return *job.error;
  if (job.state == JobState::kCancelled)
    return {.code = ErrorCode::kConflict,
            .message = fmt::format("Job {} was cancelled.", job.id),
            .param = {},
            .detail = "job_cancelled"};
  if (job.state == JobState::kExpired)
    return {.code = ErrorCode::kTimeout,
            .message = fmt::format("Job {} took longer than it may.", job.id),
            .param = {},
            .detail = {}};
  return {.code = ErrorCode::kInternal,
          .message = fmt::format("Job {} {}.", job.id, name_of(job.state)),
          .param = {},
          .detail = {}};
}

}  // namespace diptych
