#include "jobs/job_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "jobs/job_watch.h"
#include "jobs/job_worker.h"

namespace diptych {
namespace {

std::unexpected<Error> not_found(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("There is no job '{}'.", id), "job_id");
}

class Queue final : public JobQueue {
 public:
  Queue(const JobServices& services, const JobQueueOptions& options)
      : services_(services),
        options_(options),
        metrics_(services.metrics),
        watch_({.services = services, .running = running_, .metrics = metrics_},
               options.heartbeat) {}
  ~Queue() override;

  void start(std::vector<std::unique_ptr<JobRunner>> runners);

  Result<Submitted> submit(const NewJob& job) override;
  Result<Job> get(std::string_view id, std::optional<std::string_view> owner) override;
  Result<JobState> cancel(std::string_view id, std::optional<std::string_view> owner) override;
  Status skip(std::string_view id, std::optional<std::string_view> owner) override;
  Status erase(std::string_view id, std::optional<std::string_view> owner) override;
  std::optional<std::string> running(JobKind kind) const override;
  JobStore& store() override { return services_.store; }
  EventFeed& feed() override { return services_.feed; }
  void drain() override { bell_.close(); }

 private:
  Result<std::int64_t> cost_of(const NewJob& job) const;
  void tell_ended(std::span<const Job> ended);

  const JobServices services_;
  const JobQueueOptions options_;
  JobMetrics metrics_;
  RunningJobs running_;
  WorkBell bell_;
  JobWatch watch_;
  std::vector<std::unique_ptr<JobWorker>> workers_;  // last: they use the above
};

void Queue::start(std::vector<std::unique_ptr<JobRunner>> runners) {
  const WorkerParts parts{.services = services_,
                          .run_max = options_.run_max,
                          .running = running_,
                          .bell = bell_,
                          .watch = watch_,
                          .metrics = metrics_};
  for (std::unique_ptr<JobRunner>& runner : runners)
    workers_.push_back(std::make_unique<JobWorker>(parts, std::move(runner)));
}

Queue::~Queue() {
  drain();
  for (const auto& worker : workers_) worker->request_stop();
  for (const auto& run : running_.all()) run->stop(StopReason::kShutdown);
  workers_.clear();
}

// A job that nobody could ever run is refused, not queued for good.
Result<std::int64_t> Queue::cost_of(const NewJob& job) const {
  for (const auto& worker : workers_) {
    const std::span<const JobKind> kinds = worker->runner().kinds();
    if (std::ranges::find(kinds, job.kind) == kinds.end()) continue;
    return job.cost > 0 ? job.cost : worker->runner().cost_of(job);
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("This server runs no jobs of the kind '{}'.", name_of(job.kind)));
}

Result<Submitted> Queue::submit(const NewJob& job) {
  NewJob weighed = job;
  TRY(weighed.cost, cost_of(job));
  TRY(Submitted submitted, services_.store.submit(weighed, options_.limits));
  if (!submitted.is_new) return submitted;
  JobEvent event = event_of(submitted.job);
  if (const auto position = services_.store.position(submitted.job.id); position)
    event.position = *position;
  services_.feed.publish(std::move(event));
  watch_.note_change();
  bell_.ring();
  return submitted;
}

Result<Job> Queue::get(std::string_view id, std::optional<std::string_view> owner) {
  TRY(Job job, services_.store.get(id));
  if (owner && job.spec.owner != *owner) return not_found(id);
  if (const auto run = running_.find(id); run && job.state == JobState::kRunning)
    job.progress = run->progress();  // fresher than the last heartbeat's
  return job;
}

void Queue::tell_ended(std::span<const Job> ended) {
  for (const Job& job : ended) {
    metrics_.ended(job);
    services_.feed.publish(event_of(job));
  }
}

Result<JobState> Queue::cancel(std::string_view id, std::optional<std::string_view> owner) {
  TRY_STATUS(get(id, owner));
  TRY(const Cancelled cancelled, services_.store.cancel(id));
  if (const auto run = running_.find(id); run && cancelled.state == JobState::kRunning)
    run->stop(StopReason::kCancelled);
  tell_ended(cancelled.ended);
  watch_.note_change();
  return cancelled.state;
}

Status Queue::skip(std::string_view id, std::optional<std::string_view> owner) {
  TRY(const Job job, get(id, owner));
  const auto run = running_.find(id);
  if (!run)
    return fail(ErrorCode::kConflict,
                fmt::format("Job {} is {}: only a running one can go on with its next picture.", id,
                            name_of(job.state)));
  run->want_skip();
  return {};
}

Status Queue::erase(std::string_view id, std::optional<std::string_view> owner) {
  TRY_STATUS(get(id, owner));
  return services_.store.erase(id);
}

std::optional<std::string> Queue::running(JobKind kind) const {
  for (const auto& run : running_.all())
    if (run->job().spec.kind == kind) return run->job().id;
  return std::nullopt;
}

// Whoever looks at a job of before the restart is told where it stands.
Status tell_waiting(const JobServices& services) {
  TRY(const std::vector<std::string> order, services.store.queue_order());
  for (std::size_t i = 0; i < order.size(); ++i) {
    TRY(const Job job, services.store.get(order[i]));
    JobEvent event = event_of(job);
    event.position = static_cast<int>(i);
    services.feed.publish(std::move(event));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<JobQueue>> make_job_queue(const JobServices& services,
                                                 JobQueueOptions options,
                                                 std::vector<std::unique_ptr<JobRunner>> runners) {
  TRY(const int recovered, services.store.recover());
  if (recovered > 0) log_info("{} jobs of the last run go on", recovered);
  TRY_STATUS(tell_waiting(services));
  auto queue = std::make_unique<Queue>(services, options);
  queue->start(std::move(runners));
  return queue;
}

}  // namespace diptych
