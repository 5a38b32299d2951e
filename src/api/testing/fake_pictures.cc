#include "api/testing/fake_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/json.h"
#include "jobs/pictures/picture_job.h"

namespace diptych::testing {
namespace {

class FakeSubscription final : public Subscription {
 public:
  FakeSubscription(std::shared_ptr<FakeFeed::Log> log, std::string job,
                   std::optional<std::string> owner, std::int64_t since)
      : log_(std::move(log)),
        job_(std::move(job)),
        owner_(std::move(owner)),
        since_(since),
        reader_(log_->next_reader++) {}
  ~FakeSubscription() override {
    std::erase_if(log_->wakes, [this](const auto& wake) { return wake.first == reader_; });
  }
  void on_ready(std::function<void()> wake) override {
    log_->wakes.emplace_back(reader_, std::move(wake));
  }
  std::optional<JobEvent> poll() override {
    while (place_ < log_->events.size()) {
      const JobEvent& event = log_->events[place_++];
      const bool mine = job_.empty() ? !owner_ || event.owner == *owner_ : event.job == job_;
      if (mine && event.sequence > since_) return event;
    }
    return std::nullopt;
  }

 private:
  std::shared_ptr<FakeFeed::Log> log_;
  std::string job_;
  std::optional<std::string> owner_;
  std::int64_t since_;
  int reader_;
  std::size_t place_ = 0;
};

template <class Row, class Keep>
Result<Listing<Row>> page_of(std::vector<Row> rows, const Page& page, Keep keep) {
  if (!page.ascending) std::ranges::reverse(rows);
  std::erase_if(rows, [&](const Row& row) { return !keep(row); });
  if (!page.after.empty()) {
    const auto found = std::ranges::find(rows, page.after, &Row::id);
    if (found == rows.end()) return fail(ErrorCode::kNotFound, "no such id", "after");
    rows.erase(rows.begin(), found + 1);
  }
  Listing<Row> listing;
  listing.has_more = std::cmp_greater(rows.size(), page.limit);
  if (listing.has_more) rows.resize(static_cast<std::size_t>(page.limit));
  listing.rows = std::move(rows);
  return listing;
}

bool may_see(const Job& job, std::optional<std::string_view> owner) {
  return !owner || job.spec.owner == *owner;
}

}  // namespace

std::string small_png(int width, int height, int channels) {
  const auto file = encode_picture(Picture(width, height, channels, 200), {});
  CHECK(file);
  return file->bytes;
}

// --- feed ---------------------------------------------------------------------------------------

void FakeFeed::publish(JobEvent event) {
  event.sequence = static_cast<std::int64_t>(log->events.size()) + 1;
  log->events.push_back(std::move(event));
  const auto wakes = log->wakes;
  for (const auto& [reader, wake] : wakes) wake();
}

std::unique_ptr<Subscription> FakeFeed::subscribe(std::string_view job,
                                                  std::optional<std::string> owner,
                                                  std::int64_t since) {
  return std::make_unique<FakeSubscription>(log, std::string(job), std::move(owner), since);
}

std::optional<JobEvent> FakeFeed::latest(std::string_view job) {
  for (const JobEvent& event : std::views::reverse(log->events))
    if (event.job == job) return event;
  return std::nullopt;
}

// --- store --------------------------------------------------------------------------------------

Job* FakeJobStore::find(std::string_view id) {
  const auto found = std::ranges::find(jobs, id, &Job::id);
  return found == jobs.end() ? nullptr : &*found;
}

Result<Submitted> FakeJobStore::submit(const NewJob& job, const QueueLimits&) {
  if (!job.idempotency_key.empty())
    for (const Job& other : jobs)
      if (other.spec.idempotency_key == job.idempotency_key && other.spec.owner == job.owner)
        return Submitted{.job = other, .is_new = false};
  Job accepted{.id = fmt::format("job_{}", jobs.size() + 1), .spec = job};
  accepted.created_ms = 1'790'000'000'000;
  accepted.progress.phase = "queued";
  jobs.push_back(accepted);
  return Submitted{.job = std::move(accepted)};
}

Result<Cancelled> FakeJobStore::cancel(std::string_view id) {
  Job* job = find(id);
  if (job == nullptr) return fail(ErrorCode::kNotFound, "no such job");
  if (!is_final(job->state)) job->state = JobState::kCancelled;
  return Cancelled{.state = job->state, .ended = {*job}};
}

Result<Job> FakeJobStore::get(std::string_view id) {
  Job* job = find(id);
  if (job == nullptr) return fail(ErrorCode::kNotFound, "no such job");
  return *job;
}

Result<Listing<Job>> FakeJobStore::list(const JobFilter& filter, const Page& page) {
  return page_of(jobs, page, [&](const Job& job) {
    return (!filter.owner || job.spec.owner == *filter.owner) &&
           (!filter.state || job.state == *filter.state) &&
           (!filter.kind || job.spec.kind == *filter.kind);
  });
}

Result<std::optional<int>> FakeJobStore::position(std::string_view id) {
  int ahead = 0;
  for (const Job& job : jobs) {
    if (job.state != JobState::kQueued) continue;
    if (job.id == id) return ahead;
    ++ahead;
  }
  return std::nullopt;
}

Result<std::vector<std::string>> FakeJobStore::queue_order() {
  std::vector<std::string> ids;
  for (const Job& job : jobs)
    if (job.state == JobState::kQueued) ids.push_back(job.id);
  return ids;
}

Result<int> FakeJobStore::queued_count(std::optional<std::string_view> owner) {
  return static_cast<int>(std::ranges::count_if(
      jobs, [&](const Job& job) { return job.state == JobState::kQueued && may_see(job, owner); }));
}

Status FakeJobStore::erase(std::string_view id) {
  Job* job = find(id);
  if (job == nullptr) return fail(ErrorCode::kNotFound, "no such job");
  if (!is_final(job->state)) return fail(ErrorCode::kConflict, "the job has not ended");
  std::erase_if(jobs, [&](const Job& each) { return each.id == id; });
  return {};
}

// --- files --------------------------------------------------------------------------------------

Result<std::string> FakeBlobs::put(std::string_view bytes) {
  std::string hash = to_hex(sha256(bytes));
  blobs[hash] = bytes;
  return hash;
}

Result<std::string> FakeBlobs::get(std::string_view hash) {
  const auto found = blobs.find(hash);
  if (found == blobs.end()) return fail(ErrorCode::kNotFound, "no such file");
  return found->second;
}

Result<std::uint64_t> FakeBlobs::size_of(std::string_view hash) {
  TRY(const std::string bytes, get(hash));
  return bytes.size();
}

Result<GalleryRow> FakeGallery::get(std::string_view id) {
  const auto found = std::ranges::find(rows, id, &GalleryRow::id);
  if (found == rows.end()) return fail(ErrorCode::kNotFound, "no such picture");
  return *found;
}

Result<Listing<GalleryRow>> FakeGallery::list(const GalleryFilter& filter, const Page& page) {
  return page_of(rows, page, [&](const GalleryRow& row) {
    return (!filter.owner || row.owner == *filter.owner) &&
           row.prompt.find(filter.text) != std::string::npos &&
           (filter.model.empty() || row.model == filter.model) &&
           (!filter.seed || row.seed == *filter.seed) &&
           (!filter.after_ms || row.created_ms > *filter.after_ms) &&
           (!filter.before_ms || row.created_ms < *filter.before_ms);
  });
}

Status FakeGallery::erase(std::string_view id) {
  TRY(const GalleryRow row, get(id));
  std::erase_if(rows, [&](const GalleryRow& each) { return each.id == row.id; });
  return {};
}

// --- models -------------------------------------------------------------------------------------

Result<PictureModelEntry> FakeCatalog::find(std::string_view id_or_title) {
  for (const PictureModelEntry& entry : entries)
    if (entry.id == id_or_title || entry.title == id_or_title) return entry;
  return fail(ErrorCode::kNotFound, fmt::format("there is no picture model '{}'", id_or_title));
}

Status FakeCatalog::check(const PictureJob&) {
  if (check_error) return fail(*check_error);
  return {};
}

Result<std::string> FakeCatalog::load(std::string_view id) {
  TRY(const PictureModelEntry entry, find(id));
  for (PictureModelEntry& each : entries)
    if (each.id == entry.id) each.resident = true;
  return entry.id;
}

Status FakeCatalog::unload(std::string_view id) {
  for (PictureModelEntry& each : entries)
    if (each.id == id) each.resident = false;
  return {};
}

// --- the queue ----------------------------------------------------------------------------------

void FakeQueue::publish(const Job& job, std::string type) {
  JobEvent event{
      .job = job.id, .type = std::move(type), .state = job.state, .progress = job.progress};
  if (event.type == "preview")
    event.preview = JobPreview{.bytes = std::make_shared<const std::string>(small_png(2, 2)),
                               .content_type = "image/png",
                               .step = job.progress.step};
  event.owner = job.spec.owner;
  if (job.state == JobState::kQueued) event.position = *store_.position(job.id);
  feed_.publish(std::move(event));
}

Result<Submitted> FakeQueue::submit(const NewJob& job) {
  if (refusal) return fail(*refusal);
  for (const std::string& blob : job.blobs) TRY_STATUS(blobs_.get(blob));
  TRY(Submitted submitted, store_.submit(job, {}));
  if (!submitted.is_new) return submitted;
  publish(submitted.job, "queued");
  if (!held) run_next();
  return submitted;
}

void FakeQueue::run_next() {
  start_next();
  for (int i = 0; i < steps; ++i) step();
  end_running();
}

void FakeQueue::start_next() {
  const auto next = std::ranges::find(store_.jobs, JobState::kQueued, &Job::state);
  if (next == store_.jobs.end()) return;
  next->state = JobState::kRunning;
  next->started_ms = next->created_ms + 1;
  next->attempts = 1;
  running_step_ = 0;
  publish(*next, "started");
}

void FakeQueue::step() {
  const auto job = std::ranges::find(store_.jobs, JobState::kRunning, &Job::state);
  if (job == store_.jobs.end()) return;
  ++running_step_;
  job->progress = {.phase = "drawing",
                   .step = running_step_,
                   .step_count = steps,
                   .fraction = static_cast<double>(running_step_) / steps};
  publish(*job, "progress");
  publish(*job, "preview");
}

void FakeQueue::draw(Job& job) {
  const auto picture = parse_picture_job(job.spec.request);
  CHECK(picture);
  const ImageRequest& request = picture->request;
  for (int i = 0; i < request.batch_count * request.batch_size; ++i) {
    const std::int64_t seed = request.seed + i;
    const std::string bytes = small_png(8 + i, 8);
    const std::string infotext = fmt::format("{}\nSeed: {}", request.prompt, seed);
    JobOutput output{.blob = *blobs_.put(bytes),
                     .content_type = std::string(mime_type_of(picture->file)),
                     .size_bytes = bytes.size(),
                     .metadata = dump_json(Json::object({{"seed", seed},
                                                         {"infotext", infotext},
                                                         {"width", request.width},
                                                         {"height", request.height}}))};
    gallery_.rows.push_back({.id = fmt::format("img_{}", gallery_.rows.size() + 1),
                             .job = job.id,
                             .owner = job.spec.owner,
                             .blob = output.blob,
                             .content_type = output.content_type,
                             .model = job.spec.model,
                             .prompt = request.prompt,
                             .infotext = infotext,
                             .seed = seed,
                             .width = request.width,
                             .height = request.height,
                             .created_ms = job.created_ms,
                             .size_bytes = output.size_bytes});
    job.outputs.push_back(std::move(output));
  }
}

void FakeQueue::end_running() {
  const auto job = std::ranges::find(store_.jobs, JobState::kRunning, &Job::state);
  if (job == store_.jobs.end()) return;
  job->state = failure ? JobState::kFailed : JobState::kSucceeded;
  job->error = failure;
  job->finished_ms = job->created_ms + 10;
  if (!failure) draw(*job);
  publish(*job, std::string(name_of(job->state)));
}

Result<Job> FakeQueue::get(std::string_view id, std::optional<std::string_view> owner) {
  TRY(Job job, store_.get(id));
  if (!may_see(job, owner)) return fail(ErrorCode::kNotFound, "no such job");
  return job;
}

Result<JobState> FakeQueue::cancel(std::string_view id, std::optional<std::string_view> owner) {
  TRY(const Job before, get(id, owner));
  TRY(const Cancelled cancelled, store_.cancel(id));
  if (!is_final(before.state)) publish(*store_.find(id), std::string(name_of(cancelled.state)));
  return cancelled.state;
}

Status FakeQueue::skip(std::string_view id, std::optional<std::string_view> owner) {
  TRY(const Job job, get(id, owner));
  skipped.push_back(job.id);
  return {};
}

Status FakeQueue::erase(std::string_view id, std::optional<std::string_view> owner) {
  TRY_STATUS(get(id, owner));
  return store_.erase(id);
}

std::optional<std::string> FakeQueue::running(JobKind kind) const {
  for (const Job& job : store_.jobs)
    if (job.state == JobState::kRunning && job.spec.kind == kind) return job.id;
  return std::nullopt;
}

FakePictures::FakePictures() {
  catalog.entries.push_back(
      {.id = "emoji",
       .title = "emoji.safetensors [abc]",
       .path = "/models/emoji.safetensors",
       .family = "sd1",
       .sha256 = "abc",
       .defaults = {.width = 128, .height = 128, .steps = 16, .cfg_scale = 4}});
}

}  // namespace diptych::testing
