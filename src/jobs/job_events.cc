#include "jobs/job_events.h"

#include <string>
#include <vector>

namespace diptych {
namespace {

// From what a small picture takes on a GPU to hours of a grid on a CPU.
const std::vector<double>& second_bounds() {
  static const std::vector<double> bounds{0.1, 0.5, 1,   2,   5,    10,   20,
                                          60,  120, 300, 900, 1800, 3600, 14400};
  return bounds;
}

double seconds_between(std::int64_t from_ms, std::int64_t to_ms) {
  return static_cast<double>(to_ms - from_ms) / 1000;
}

Labels kind_label(JobKind kind) { return {{"kind", std::string(name_of(kind))}}; }

}  // namespace

JobEvent event_of(const Job& job) {
  JobEvent event;
  event.job = job.id;
  event.type = job.state == JobState::kRunning ? "started" : name_of(job.state);
  event.state = job.state;
  event.progress = job.progress;
  event.owner = job.spec.owner;
  return event;
}

JobMetrics::JobMetrics(Metrics& metrics)
    : metrics_(metrics), queued_(metrics.gauge("diptych_jobs_queued", "Jobs that wait.")) {}

Gauge& JobMetrics::running(JobKind kind) {
  return metrics_.gauge("diptych_jobs_running", "Jobs that are worked on.", kind_label(kind));
}

void JobMetrics::started(const Job& job) {
  running(job.spec.kind).add(1);
  if (job.attempts > 1 || !job.started_ms) return;  // it did not wait all that time
  metrics_
      .histogram("diptych_job_wait_seconds", "From acceptance to start.", second_bounds(),
                 kind_label(job.spec.kind))
      .observe(seconds_between(job.created_ms, *job.started_ms));
}

void JobMetrics::rested(const Job& job) { running(job.spec.kind).add(-1); }

void JobMetrics::ended(const Job& job) {
  Labels labels = kind_label(job.spec.kind);
  labels.emplace_back("state", name_of(job.state));
  metrics_.counter("diptych_jobs_finished_total", "Jobs that ended, by how.", labels).add();
  if (!job.started_ms || !job.finished_ms) return;
  metrics_
      .histogram("diptych_job_run_seconds", "From the first start to the end.", second_bounds(),
                 kind_label(job.spec.kind))
      .observe(seconds_between(*job.started_ms, *job.finished_ms));
}

}  // namespace diptych
