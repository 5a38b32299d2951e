#pragma once
// A unit of accepted work. What was answered with 200 or 202 is a Job in the store: it survives
// kill -9 and ends exactly once.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {

enum class JobKind : std::uint8_t { kPicture, kUpscale, kText };
std::string_view name_of(JobKind kind);  // "picture", …
std::optional<JobKind> find_job_kind(std::string_view name);

enum class JobState : std::uint8_t { kQueued, kRunning, kSucceeded, kFailed, kCancelled, kExpired };
std::string_view name_of(JobState state);  // "queued", …
std::optional<JobState> find_job_state(std::string_view name);
constexpr bool is_final(JobState state) { return state >= JobState::kSucceeded; }

enum class JobPriority : std::uint8_t { kBatch, kNormal, kHigh };
std::string_view name_of(JobPriority priority);  // "batch", "normal", "high"
std::optional<JobPriority> find_job_priority(std::string_view name);

struct NewJob {
  JobKind kind = JobKind::kPicture;
  std::string owner;  // API key id, "" on an open server: fairness, and who may see it
  std::string model;  // id, for display and residency
  std::string
      request;  // JSON, as the runner of its kind reads it (pictures: pictures/picture_job.h)
  JobPriority priority = JobPriority::kNormal;
  std::string idempotency_key;  // "" none; else the same owner and key answer the earlier job
  std::vector<std::string>
      depends_on;  // ids; starts when all have succeeded, fails when one does not
  std::optional<std::int64_t> timeout_ms;  // of running time
  std::vector<std::string> blobs;  // hashes it needs (init pictures): kept as long as the job
  std::int64_t cost = 0;  // expected pixel-steps, for fairness; 0: JobRunner::cost_of() says
};

struct JobProgress {
  std::string phase;  // "queued", "loading_model", "encoding", "drawing", "decoding", "saving"
  int step = 0, step_count = 0;
  double fraction = 0;  // 0 … 1, of the whole job
  std::optional<double> steps_per_second;
  std::optional<std::int64_t> eta_ms;
};

struct JobOutput {   // one produced file
  std::string blob;  // hash
  std::string content_type;
  std::uint64_t size_bytes = 0;
  std::string metadata;  // JSON: seed, infotext, width, height, prompt, …: the gallery reads these
};

struct LedgerRow {  // what was used, one for each job; priced elsewhere
  std::string owner, model, kind;
  std::int64_t images = 0, pixel_steps = 0;  // pixels × steps
  std::int64_t prompt_tokens = 0, cached_tokens = 0, completion_tokens = 0;
};

struct Job {
  std::string id;  // "job_…"
  NewJob spec;
  JobState state = JobState::kQueued;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> started_ms, finished_ms;
  int attempts = 0;
  JobProgress progress;            // of the last heartbeat
  std::vector<JobOutput> outputs;  // when succeeded
  Warnings warnings;
  std::optional<Error> error;  // failed, cancelled, expired
};

}  // namespace diptych
