#include "api/diptych/events.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "api/diptych/job_json.h"
#include "api/diptych/query.h"
#include "api/job_answer.h"
#include "jobs/job_queue.h"

namespace diptych {
namespace {

constexpr Duration kSilenceMax = std::chrono::seconds(15);  // then a comment keeps proxies awake

struct EventQuery {
  std::int64_t since = 0;
  bool previews = true;
};

constexpr Field kRows[] = {
    {.name = "since",
     .doc = "Only events after this sequence; also the header Last-Event-ID.",
     .types = kInteger,
     .limits = {.min = 0},
     .parse = set_member<EventQuery, &EventQuery::since>},
    {.name = "previews",
     .doc = "false: without the previews' bytes.",
     .types = kBool,
     .shown_default = "true",
     .parse = set_member<EventQuery, &EventQuery::previews>},
};
constexpr FieldGroup kGroups[] = {{kRows}};
constexpr BodySchema kSchema{"EventQuery", "", kGroups};

Result<EventQuery> parse_event_query(const Call& call) {
  EventQuery query;
  Warnings warnings;
  TRY_STATUS(parse_query(kSchema, call, &query, warnings));
  const std::string_view last = call.header("last-event-id");
  if (last.empty() || query.since > 0) return query;
  const char* const end = last.data() + last.size();
  const auto [at, error] = std::from_chars(last.data(), end, query.since);
  if (error != std::errc{} || at != end || query.since < 0)
    return invalid_value("Last-Event-ID", "Invalid 'Last-Event-ID': no sequence of an event.");
  return query;
}

// event: TYPE, id: SEQUENCE (a browser sends it back when it connects again), data: JSON.
void append_event(std::string& out, const JobEvent& event, Previews previews) {
  out += fmt::format("event: {}\nid: {}\ndata: {}\n\n", event.type, event.sequence,
                     dump_json(event_object(event, previews)));
}

class EventStream : public ChunkSource {
 public:
  EventStream(const EventQuery& query, const Clock& clock)
      : previews_(query.previews ? Previews::kWith : Previews::kWithout),
        clock_(clock),
        last_(clock.now()) {}

  std::optional<Monotonic> wake_at() const override { return last_ + kSilenceMax; }
  ChunkState poll(std::string& out) override {
    if (const auto event = next()) {
      append_event(out, *event, previews_);
      last_ = clock_.now();
      return ChunkState::kMore;
    }
    if (ended()) return ChunkState::kEnd;
    if (clock_.now() >= last_ + kSilenceMax) {
      out += ":\n\n";
      last_ = clock_.now();
    }
    return ChunkState::kWait;
  }

 private:
  virtual std::optional<JobEvent> next() = 0;
  virtual bool ended() const = 0;

  const Previews previews_;
  const Clock& clock_;
  Monotonic last_;
};

class OneJob final : public EventStream {
 public:
  OneJob(std::unique_ptr<JobWait> wait, const EventQuery& query, const Clock& clock)
      : EventStream(query, clock), wait_(std::move(wait)) {}
  void on_ready(std::function<void()> wake) override { wait_->on_ready(std::move(wake)); }

 private:
  std::optional<JobEvent> next() override { return wait_->next(); }
  bool ended() const override { return wait_->ended(); }

  std::unique_ptr<JobWait> wait_;
};

class AllJobs final : public EventStream {
 public:
  AllJobs(std::unique_ptr<Subscription> subscription, const EventQuery& query, const Clock& clock)
      : EventStream(query, clock), subscription_(std::move(subscription)) {}
  void on_ready(std::function<void()> wake) override { subscription_->on_ready(std::move(wake)); }

 private:
  std::optional<JobEvent> next() override { return subscription_->poll(); }
  bool ended() const override { return false; }

  std::unique_ptr<Subscription> subscription_;
};

Answer event_head() {
  Answer head{.content_type = "text/event-stream; charset=utf-8"};
  head.headers.emplace_back("cache-control", "no-cache");
  return head;
}

Result<Reply> stream_job_events(const Call& call, Services& services) {
  TRY(const EventQuery query, parse_event_query(call));
  TRY(auto wait, JobWait::start(std::string(call.param("id")), call.caller,
                                CallerLeaves::kLeavesJob, services, query.since));
  return Reply(StreamedAnswer{event_head(),
                              std::make_unique<OneJob>(std::move(wait), query, services.clock)});
}

Result<Reply> stream_all_events(const Call& call, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  TRY(const EventQuery query, parse_event_query(call));
  auto subscription = pictures->queue.feed().subscribe("", visible_owner(call.caller), query.since);
  return Reply(StreamedAnswer{
      event_head(), std::make_unique<AllJobs>(std::move(subscription), query, services.clock)});
}

const Route kRoutes[] = {
    {"GET", "/api/v1/jobs/{id}/events", Scope::kInference, Cost::kWork, stream_job_events,
     "What happens to one job, as server-sent events, until it ends.", nullptr,
     ErrorStyle::kDiptych},
    {"GET", "/api/v1/events", Scope::kInference, Cost::kWork, stream_all_events,
     "What happens to all of the caller's jobs, as server-sent events.", nullptr,
     ErrorStyle::kDiptych},
};

}  // namespace

std::span<const Route> event_routes() { return kRoutes; }

}  // namespace diptych
