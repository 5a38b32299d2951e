#pragma once
// Jobs, files and pictures in memory, and a worker that "draws" on the caller's thread: at once, or
// when the test says so.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/services.h"
#include "jobs/event_feed.h"
#include "jobs/job_queue.h"
#include "jobs/job_store.h"
#include "jobs/pictures/picture_catalog.h"

namespace diptych::testing {

class FakeFeed final : public EventFeed {  // keeps everything; one thread
 public:
  struct Log {
    std::vector<JobEvent> events;
    std::vector<std::pair<int, std::function<void()>>> wakes;
    int next_reader = 0;
  };
  std::shared_ptr<Log> log = std::make_shared<Log>();

  void publish(JobEvent event) override;
  std::unique_ptr<Subscription> subscribe(std::string_view job, std::optional<std::string> owner,
                                          std::int64_t since) override;
  std::optional<JobEvent> latest(std::string_view job) override;
  bool is_watched(std::string_view) const override { return true; }
  std::vector<JobEvent> followed_in(JobState) const override { return {}; }
};

class FakeJobStore final : public JobStore {
 public:
  std::vector<Job> jobs;  // oldest first

  Job* find(std::string_view id);
  Result<Submitted> submit(const NewJob& job, const QueueLimits& limits) override;
  Result<std::optional<Lease>> lease(std::span<const JobKind>) override { return std::nullopt; }
  Status heartbeat(const Lease&, const JobProgress&) override { return {}; }
  Status checkpoint(const Lease&, std::string_view) override { return {}; }
  Status hold_blob(const Lease&, std::string_view) override { return {}; }
  Result<std::vector<Job>> finish(const Lease&, const JobOutcome&, const LedgerRow&) override {
    return std::vector<Job>();
  }
  Status give_up(const Lease&) override { return {}; }
  Result<Cancelled> cancel(std::string_view id) override;
  Result<Job> get(std::string_view id) override;
  Result<Listing<Job>> list(const JobFilter& filter, const Page& page) override;
  Result<std::optional<int>> position(std::string_view id) override;
  Result<std::vector<std::string>> queue_order() override;
  Result<int> queued_count(std::optional<std::string_view> owner) override;
  Status erase(std::string_view id) override;
  Result<int> recover() override { return 0; }
  Result<int> retain(const Keep&, int) override { return 0; }
};

class FakeBlobs final : public BlobStore {
 public:
  std::map<std::string, std::string, std::less<>> blobs;

  Result<std::string> put(std::string_view bytes) override;
  Result<std::string> get(std::string_view hash) override;
  Result<std::uint64_t> size_of(std::string_view hash) override;
};

class FakeGallery final : public GalleryStore {
 public:
  std::vector<GalleryRow> rows;  // oldest first

  Result<GalleryRow> get(std::string_view id) override;
  Result<Listing<GalleryRow>> list(const GalleryFilter& filter, const Page& page) override;
  Status erase(std::string_view id) override;
};

class FakeCatalog final : public PictureCatalog {
 public:
  std::vector<PictureModelEntry> entries;
  std::string default_id = "emoji";
  std::optional<Error> check_error;

  std::vector<PictureModelEntry> models() override { return entries; }
  Result<PictureModelEntry> find(std::string_view id_or_title) override;
  std::string default_model() const override { return default_id; }
  Status check(const PictureJob& job) override;
  Result<std::string> load(std::string_view id) override;
  Status unload(std::string_view id) override;
  void refresh() override {}
};

class FakeQueue final : public JobQueue {
 public:
  FakeQueue(FakeBlobs& blobs, FakeGallery& gallery) : blobs_(blobs), gallery_(gallery) {}

  bool held = false;             // jobs wait for run_next()
  int steps = 2;                 // progress events with a preview each
  std::optional<Error> refusal;  // of submit()
  std::optional<Error> failure;  // of every run
  std::vector<std::string> skipped;

  void start_next();  // "started"; the job is then running
  void step();        // of the running job: progress and a preview
  void end_running();
  void run_next();
  const Job& newest() const { return store_.jobs.back(); }

  Result<Submitted> submit(const NewJob& job) override;
  Result<Job> get(std::string_view id, std::optional<std::string_view> owner) override;
  Result<JobState> cancel(std::string_view id, std::optional<std::string_view> owner) override;
  Status skip(std::string_view id, std::optional<std::string_view> owner) override;
  Status erase(std::string_view id, std::optional<std::string_view> owner) override;
  std::optional<std::string> running(JobKind kind) const override;
  FakeJobStore& store() override { return store_; }
  FakeFeed& feed() override { return feed_; }
  void drain() override {}

 private:
  void publish(const Job& job, std::string type);
  void draw(Job& job);

  FakeBlobs& blobs_;
  FakeGallery& gallery_;
  FakeJobStore store_;
  FakeFeed feed_;
  int running_step_ = 0;
};

struct FakePictures {
  FakePictures();

  FakeBlobs blobs;
  FakeGallery gallery;
  FakeCatalog catalog;  // "emoji", 128 × 128, 16 steps, cfg 4
  FakeQueue queue{blobs, gallery};
  PictureServices services{.queue = queue, .blobs = blobs, .gallery = gallery, .catalog = catalog};
};

std::string small_png(int width = 8, int height = 8, int channels = 3);  // a picture file

}  // namespace diptych::testing
