#include "jobs/job_watch.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"

namespace diptych {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);  // how late a time limit may be

}  // namespace

JobWatch::JobWatch(const WatchParts& parts, Duration heartbeat)
    : parts_(parts),
      heartbeat_(heartbeat),
      beaten_at_(parts.services.clock.now()),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void JobWatch::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    stop_late();
    if (parts_.services.clock.now() - beaten_at_ >= heartbeat_) beat();
    tell_positions();
    MutexLock lock(mutex_);
    tick_.wait_for(mutex_, stop, std::min(kTick, heartbeat_), [] { return false; });
  }
}

void JobWatch::stop_late() {
  const Monotonic now = parts_.services.clock.now();
  for (const auto& run : parts_.running.all())
    if (run->deadline() && now >= *run->deadline()) run->stop(StopReason::kExpired);
}

void JobWatch::beat() {
  beaten_at_ = parts_.services.clock.now();
  for (const auto& run : parts_.running.all()) {
    const Status status = parts_.services.store.heartbeat(run->lease(), run->progress());
    if (status || run->stop_reason() != StopReason::kNone) continue;
    const ErrorCode code = status.error().code;
    if (code == ErrorCode::kCancelled) {
      run->stop(StopReason::kCancelled);
    } else if (code == ErrorCode::kConflict) {
      // Settled between all() and here by its own worker, or taken by somebody else.
      run->stop(StopReason::kLeaseLost);
    } else {
      log_warn("Job {}: {}", run->job().id, status.error().message);
    }
  }
}

// Only those that somebody follows are told, and only when they, or the queue, changed.
void JobWatch::tell_positions() {
  const std::vector<JobEvent> followed = parts_.services.feed.followed_in(JobState::kQueued);
  std::vector<std::string> ids;
  for (const JobEvent& event : followed) ids.push_back(event.job);
  if (!changed_.exchange(false) && ids == followed_) return;
  followed_ = std::move(ids);
  const auto count = parts_.services.store.queued_count(std::nullopt);
  if (count) parts_.metrics.set_queued(*count);
  if (followed.empty()) return;
  const auto order = parts_.services.store.queue_order();
  if (!order) {
    log_warn("Positions in the queue are not known: {}", order.error().message);
    changed_ = true;
    return;
  }
  std::map<std::string_view, int> positions;
  for (std::size_t i = 0; i < order->size(); ++i) positions[(*order)[i]] = static_cast<int>(i);
  for (JobEvent event : followed) {
    const auto position = positions.find(event.job);
    if (position == positions.end() || event.position == position->second) continue;
    event.position = position->second;
    parts_.services.feed.publish(std::move(event));
  }
}

}  // namespace diptych
