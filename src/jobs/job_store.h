#pragma once
// Jobs, files and pictures on disk. Declared here, implemented by store/. Every method is one
// transaction and safe from any thread; kIo when the disk refuses, with nothing changed.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "jobs/job.h"
#include "jobs/stores.h"

namespace diptych {

struct QueueLimits {
  int queued_max = 2000;  // of all owners
  int queued_per_owner_max = 500;
};

struct Submitted {
  Job job;
  bool is_new = true;  // false: idempotency key seen before
};

struct Lease {  // the right to run a job, until it is settled or given up
  Job job;
  std::int64_t token =
      0;  // a lease that was taken over has an older token: its writes are kConflict
  std::string checkpoint;  // of an earlier attempt; "" none
};

struct Cancelled {
  JobState state = JobState::kCancelled;  // kRunning: marked, its runner stops
  std::vector<Job> ended;                 // by this: the job, and those that needed it
};

struct JobOutcome {
  JobState state = JobState::kSucceeded;  // final
  std::vector<JobOutput> outputs;
  Warnings warnings;
  std::optional<Error> error;
};

struct JobFilter {
  std::optional<std::string> owner;  // nullopt: everyone's
  std::optional<JobState> state;
  std::optional<JobKind> kind;
};

class JobStore {
 public:
  virtual ~JobStore() = default;
  // kOverloaded with retry_after_ms past a limit; kConflict: the idempotency key was used for
  // another request; kNotFound: a dependency or blob that is not there.
  virtual Result<Submitted> submit(const NewJob& job, const QueueLimits& limits) = 0;
  // The next job of these kinds: priority, then the owner who was served least (pixel-steps of what
  // runs and ran lately), then age. nullopt: nothing to do.
  virtual Result<std::optional<Lease>> lease(std::span<const JobKind> kinds) = 0;
  // kConflict: the lease is lost; kCancelled: somebody wants it cancelled.
  virtual Status heartbeat(const Lease& lease, const JobProgress& progress) = 0;
  virtual Status checkpoint(const Lease& lease,
                            std::string_view bytes) = 0;  // replaces the earlier one
  // Keeps a blob as long as the job runs, over a restart too: a checkpoint may name it.
  virtual Status hold_blob(const Lease& lease, std::string_view hash) = 0;
  // State, outputs, gallery rows and bill in one transaction. Returns what ended by it: the job,
  // and those that needed it when it did not succeed. kConflict: settled before, or success after
  // somebody cancelled it.
  virtual Result<std::vector<Job>> finish(const Lease& lease, const JobOutcome& outcome,
                                          const LedgerRow& bill) = 0;
  // Back into the queue, with its checkpoint: the process ends on purpose. kConflict as above.
  virtual Status give_up(const Lease& lease) = 0;
  virtual Result<Cancelled> cancel(std::string_view id) = 0;  // final: stays what it is
  virtual Result<Job> get(std::string_view id) = 0;           // kNotFound
  virtual Result<Listing<Job>> list(const JobFilter& filter, const Page& page) = 0;
  virtual Result<std::optional<int>> position(
      std::string_view id) = 0;                                // 0: next; nullopt: not queued
  virtual Result<std::vector<std::string>> queue_order() = 0;  // ids as they are expected to start
  virtual Result<int> queued_count(std::optional<std::string_view> owner) = 0;
  virtual Status erase(std::string_view id) = 0;  // final ones only, else kConflict; its files go
                                                  // when nobody has them
  // After a start: running jobs of the last run go back to the queue with their checkpoints; one
  // that was marked cancelled ends; one that took the process down kCrashesMax times without a new
  // checkpoint fails. Blobs that nobody has are removed. Returns how many jobs were touched.
  static constexpr int kCrashesMax = 5;
  virtual Result<int> recover() = 0;
  struct Keep {
    std::optional<std::int64_t> created_after_ms;
    std::optional<std::int64_t> count_max;
    std::optional<std::uint64_t> bytes_max;  // of outputs
  };
  virtual Result<int> retain(const Keep& keep,
                             int limit) = 0;  // erases the oldest final ones past a bound
};

// Files by the SHA-256 of their bytes, lower-case hex. Written whole (temporary name, fsync,
// rename).
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::string> put(std::string_view bytes) = 0;
  virtual Result<std::string> get(
      std::string_view hash) = 0;  // kNotFound; kIo when the bytes do not match
  virtual Result<std::uint64_t> size_of(std::string_view hash) = 0;
};

struct GalleryRow {  // one finished picture
  std::string id;    // "img_…"
  std::string job, owner, blob, content_type, model, prompt, infotext;
  std::int64_t seed = 0;
  int width = 0, height = 0;
  std::int64_t created_ms = 0;
  std::uint64_t size_bytes = 0;
};
struct GalleryFilter {
  std::optional<std::string> owner;
  std::string text;  // words that all occur in the prompt
  std::string model;
  std::optional<std::int64_t> seed, after_ms, before_ms;
};

class GalleryStore {  // rows appear with JobStore::finish
 public:
  virtual ~GalleryStore() = default;
  virtual Result<GalleryRow> get(std::string_view id) = 0;
  virtual Result<Listing<GalleryRow>> list(const GalleryFilter& filter, const Page& page) = 0;
  virtual Status erase(std::string_view id) = 0;
};

}  // namespace diptych
