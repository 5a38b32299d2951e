#include "jobs/event_feed.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/mutex.h"

namespace diptych {
namespace {

constexpr std::size_t kEndedJobsMax = 256;  // whose last news is still told
constexpr Duration kLookCounts = std::chrono::seconds(10);

// Of each sort of news only the latest is kept: a reader that is slow or late gets one of each, in
// the order of their sequences. So neither a job nor a reader ever takes more memory.
enum class Sort : std::uint8_t { kQueued, kStarted, kProgress, kPreview, kEnded };
constexpr std::size_t kSortCount = 5;

Sort sort_of(const JobEvent& event) {
  if (is_final(event.state)) return Sort::kEnded;
  if (event.preview) return Sort::kPreview;
  if (event.type == "queued") return Sort::kQueued;
  return event.type == "started" ? Sort::kStarted : Sort::kProgress;
}

struct JobNews {
  std::string id, owner;
  std::array<std::optional<JobEvent>, kSortCount> kept;
  JobState state = JobState::kQueued;
  int reader_count = 0;
  std::optional<Monotonic> looked_at;
};

// The newest, with the latest preview.
std::optional<JobEvent> merged(const JobNews& news) {
  const std::optional<JobEvent>* newest = nullptr;
  for (const std::optional<JobEvent>& event : news.kept)
    if (event && (newest == nullptr || event->sequence > (*newest)->sequence)) newest = &event;
  if (newest == nullptr) return std::nullopt;
  JobEvent event = **newest;
  if (const auto& preview = news.kept[static_cast<std::size_t>(Sort::kPreview)])
    event.preview = preview->preview;
  return event;
}

// A reader's function. It is called outside of the feed's lock; whoever takes it away waits for a
// call that is under way.
class Wake {
 public:
  void set(std::function<void()> wake) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    wake_ = std::move(wake);
  }
  void call() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (wake_) wake_();
  }

 private:
  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
};

struct Reader {
  std::string job;  // "": all
  std::optional<std::string> owner;
  std::int64_t seen = 0;          // sequence; guarded by the feed's lock, as is the next
  bool is_waiting = true;         // it has taken everything: the next news wakes it, once
  std::shared_ptr<JobNews> news;  // of `job`
  Wake wake;
};

bool wants(const Reader& reader, const JobNews& news) {
  return !reader.owner || *reader.owner == news.owner;
}

class Feed final : public EventFeed {
 public:
  explicit Feed(const Clock& clock) : clock_(clock), sequence_(clock.unix_ms()) {}

  void publish(JobEvent event) override EXCLUDES(mutex_);
  std::unique_ptr<Subscription> subscribe(std::string_view job, std::optional<std::string> owner,
                                          std::int64_t since) override EXCLUDES(mutex_);
  std::optional<JobEvent> latest(std::string_view job) override EXCLUDES(mutex_);
  bool is_watched(std::string_view job) const override EXCLUDES(mutex_);
  std::vector<JobEvent> followed_in(JobState state) const override EXCLUDES(mutex_);

  std::optional<JobEvent> poll(Reader& reader) EXCLUDES(mutex_);
  bool has_news(Reader& reader) EXCLUDES(mutex_);
  void leave(const std::shared_ptr<Reader>& reader) EXCLUDES(mutex_);

 private:
  using Readers = std::vector<std::shared_ptr<Reader>>;

  std::shared_ptr<JobNews> news_of(const std::string& job) REQUIRES(mutex_);
  Readers keep(JobEvent event) EXCLUDES(mutex_);
  void replace(JobNews& news, Sort sort, JobEvent event) REQUIRES(mutex_);
  void note_end(JobNews& news) REQUIRES(mutex_);
  void forget(JobNews& news) REQUIRES(mutex_);
  void collect_waiting(const std::set<std::shared_ptr<Reader>>& readers, const JobNews& news,
                       Readers& woken) REQUIRES(mutex_);
  bool followed(const JobNews& news) const REQUIRES(mutex_);
  bool watched(const JobNews& news) const REQUIRES(mutex_);
  const JobEvent* next_for(Reader& reader) REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::int64_t sequence_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<JobNews>, std::less<>> jobs_ GUARDED_BY(mutex_);
  std::map<std::int64_t, std::pair<JobNews*, Sort>> by_sequence_ GUARDED_BY(mutex_);
  std::deque<std::string> ended_ GUARDED_BY(mutex_);  // oldest end first
  std::map<std::string, std::set<std::shared_ptr<Reader>>, std::less<>> readers_
      GUARDED_BY(mutex_);  // "": of all jobs
};

class FeedSubscription final : public Subscription {
 public:
  FeedSubscription(Feed& feed, std::shared_ptr<Reader> reader)
      : feed_(feed), reader_(std::move(reader)) {}
  ~FeedSubscription() override {
    feed_.leave(reader_);
    reader_->wake.set(nullptr);
  }
  void on_ready(std::function<void()> wake) override {
    reader_->wake.set(std::move(wake));
    if (feed_.has_news(*reader_)) reader_->wake.call();
  }
  std::optional<JobEvent> poll() override { return feed_.poll(*reader_); }

 private:
  Feed& feed_;
  std::shared_ptr<Reader> reader_;
};

std::shared_ptr<JobNews> Feed::news_of(const std::string& job) {
  std::shared_ptr<JobNews>& news = jobs_[job];
  if (!news) {
    news = std::make_shared<JobNews>();
    news->id = job;
  }
  return news;
}

void Feed::publish(JobEvent event) {
  for (const std::shared_ptr<Reader>& reader : keep(std::move(event))) reader->wake.call();
}

// Returns who must be told.
Feed::Readers Feed::keep(JobEvent event) {
  const MutexLock lock(mutex_);
  const std::shared_ptr<JobNews> news = news_of(event.job);
  // Two threads tell of a job; the end of its life is not told before its beginning.
  if (is_final(news->state) || event.state < news->state) return {};
  news->owner = event.owner;
  news->state = event.state;
  const Sort sort = sort_of(event);
  // A worker may be faster than who submitted: nobody sees a start without a wait before it.
  if (sort == Sort::kStarted && !news->kept[static_cast<std::size_t>(Sort::kQueued)]) {
    JobEvent queued = event;
    queued.type = name_of(JobState::kQueued);
    queued.state = JobState::kQueued;
    queued.position = 0;
    replace(*news, Sort::kQueued, std::move(queued));
  }
  replace(*news, sort, std::move(event));
  if (sort == Sort::kEnded) note_end(*news);
  Readers woken;
  if (const auto found = readers_.find(news->id); found != readers_.end())
    collect_waiting(found->second, *news, woken);
  if (const auto all = readers_.find(std::string_view()); all != readers_.end())
    collect_waiting(all->second, *news, woken);
  return woken;
}

void Feed::replace(JobNews& news, Sort sort, JobEvent event) {
  std::optional<JobEvent>& kept = news.kept[static_cast<std::size_t>(sort)];
  if (kept) by_sequence_.erase(kept->sequence);
  event.sequence = ++sequence_;
  by_sequence_.emplace(event.sequence, std::pair(&news, sort));
  kept = std::move(event);
}

void Feed::collect_waiting(const std::set<std::shared_ptr<Reader>>& readers, const JobNews& news,
                           Readers& woken) {
  for (const std::shared_ptr<Reader>& reader : readers) {
    if (!reader->is_waiting || !wants(*reader, news)) continue;
    reader->is_waiting = false;
    woken.push_back(reader);
  }
}

void Feed::note_end(JobNews& news) {
  for (const Sort sort : {Sort::kProgress, Sort::kPreview}) {  // the outcome says more
    std::optional<JobEvent>& kept = news.kept[static_cast<std::size_t>(sort)];
    if (kept) by_sequence_.erase(kept->sequence);
    kept.reset();
  }
  ended_.push_back(news.id);
  if (ended_.size() <= kEndedJobsMax) return;
  const auto oldest = jobs_.find(ended_.front());
  forget(*oldest->second);
  jobs_.erase(oldest);
  ended_.pop_front();
}

// Readers of the job keep its news alive and may still take it.
void Feed::forget(JobNews& news) {
  for (const std::optional<JobEvent>& event : news.kept)
    if (event) by_sequence_.erase(event->sequence);
}

std::unique_ptr<Subscription> Feed::subscribe(std::string_view job,
                                              std::optional<std::string> owner,
                                              std::int64_t since) {
  auto reader = std::make_shared<Reader>();
  reader->job = job;
  reader->owner = std::move(owner);
  reader->seen = since;
  const MutexLock lock(mutex_);
  readers_[reader->job].insert(reader);
  if (!reader->job.empty()) {
    reader->news = news_of(reader->job);
    ++reader->news->reader_count;
  }
  return std::make_unique<FeedSubscription>(*this, std::move(reader));
}

void Feed::leave(const std::shared_ptr<Reader>& reader) {
  const MutexLock lock(mutex_);
  const auto readers = readers_.find(reader->job);
  readers->second.erase(reader);
  if (readers->second.empty()) readers_.erase(readers);
  if (!reader->news || --reader->news->reader_count > 0) return;
  const bool is_empty = std::ranges::none_of(
      reader->news->kept, [](const std::optional<JobEvent>& event) { return event.has_value(); });
  if (!is_empty) return;
  const auto found = jobs_.find(reader->job);  // nobody ever told of this job
  if (found != jobs_.end() && found->second == reader->news) jobs_.erase(found);
}

// The oldest kept news that the reader has not seen.
const JobEvent* Feed::next_for(Reader& reader) {
  if (reader.news) {
    const JobEvent* next = nullptr;
    if (!wants(reader, *reader.news)) return next;
    for (const std::optional<JobEvent>& event : reader.news->kept)
      if (event && event->sequence > reader.seen && (!next || event->sequence < next->sequence))
        next = &*event;
    return next;
  }
  for (auto it = by_sequence_.upper_bound(reader.seen); it != by_sequence_.end(); ++it) {
    const auto& [news, sort] = it->second;
    if (wants(reader, *news)) return &*news->kept[static_cast<std::size_t>(sort)];
    reader.seen = it->first;
  }
  return nullptr;
}

std::optional<JobEvent> Feed::poll(Reader& reader) {
  const MutexLock lock(mutex_);
  const JobEvent* next = next_for(reader);
  reader.is_waiting = next == nullptr;
  if (next == nullptr) return std::nullopt;
  reader.seen = next->sequence;
  return *next;
}

bool Feed::has_news(Reader& reader) {
  const MutexLock lock(mutex_);
  const bool has = next_for(reader) != nullptr;
  reader.is_waiting = !has;
  return has;
}

std::optional<JobEvent> Feed::latest(std::string_view job) {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return std::nullopt;
  found->second->looked_at = clock_.now();
  return merged(*found->second);
}

bool Feed::followed(const JobNews& news) const {
  if (news.reader_count > 0) return true;
  return news.looked_at && clock_.now() - *news.looked_at < kLookCounts;
}

bool Feed::watched(const JobNews& news) const {
  if (followed(news)) return true;
  const auto all = readers_.find(std::string_view());
  return all != readers_.end() &&
         std::ranges::any_of(all->second, [&](const auto& reader) { return wants(*reader, news); });
}

bool Feed::is_watched(std::string_view job) const {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(job);
  return found != jobs_.end() && watched(*found->second);
}

std::vector<JobEvent> Feed::followed_in(JobState state) const {
  const MutexLock lock(mutex_);
  std::vector<JobEvent> events;
  for (const auto& [id, news] : jobs_) {
    if (news->state != state || !followed(*news)) continue;
    if (std::optional<JobEvent> event = merged(*news)) events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace

std::unique_ptr<EventFeed> make_event_feed(const Clock& clock) {
  return std::make_unique<Feed>(clock);
}

}  // namespace diptych
