#include "api/diptych/socket.h"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "api/diptych/job_json.h"
#include "api/errand.h"
#include "api/error_status.h"
#include "api/field.h"
#include "api/job_answer.h"
#include "jobs/job_queue.h"

namespace diptych {
namespace {

constexpr std::size_t kSubscriptionsMax = 256;
constexpr std::size_t kRepliesMax = 64;  // to requests that are not read yet; then the talk ends
constexpr std::size_t kLookUpsMax = 16;  // under way at once

struct SocketRequest {
  std::string op, job;
  std::int64_t since = 0;
  bool previews = true;
};

constexpr std::string_view kOps[] = {"subscribe", "unsubscribe", "ping"};
constexpr Field kRows[] = {
    {.name = "op",
     .types = kString,
     .choices = kOps,
     .required = true,
     .parse = set_member<SocketRequest, &SocketRequest::op>},
    {.name = "job",
     .doc = "Absent: all of the caller's jobs.",
     .types = kString | kNull,
     .limits = {.length_min = 1, .length_max = 100},
     .parse = set_member<SocketRequest, &SocketRequest::job>},
    {.name = "since",
     .doc = "Only events after this sequence.",
     .types = kInteger | kNull,
     .limits = {.min = 0},
     .parse = set_member<SocketRequest, &SocketRequest::since>},
    {.name = "previews",
     .doc = "false: without the previews' bytes.",
     .types = kBool | kNull,
     .parse = set_member<SocketRequest, &SocketRequest::previews>},
};
constexpr FieldGroup kGroups[] = {{kRows}};
constexpr BodySchema kSchema{"SocketRequest", "", kGroups};

// Whether the caller may follow a job, and how it stands: the store is asked off the socket's
// thread.
struct LookUp {
  SocketRequest request;
  std::shared_ptr<Result<Json>> found;
  Errand errand;
};

class FeedConversation final : public Conversation {
 public:
  FeedConversation(const Caller& caller, Services& services)
      : owner_(visible_owner(caller)), services_(services), queue_(services.pictures->queue) {}

  void on_ready(std::function<void()> wake) override {
    wake_ = std::move(wake);
    for (auto& [job, reader] : readers_) reader.subscription->on_ready(wake_);
  }
  void hear(std::string_view text) override;
  ChunkState poll(std::string& text) override;

 private:
  struct Reader {
    std::unique_ptr<Subscription> subscription;
    Previews previews = Previews::kWith;
  };

  void obey(SocketRequest request);
  void subscribe(const SocketRequest& request, Json job);
  void look_up(SocketRequest request);
  void take_look_ups();
  bool poll_readers(std::string& text);
  void reply(Json message) { replies_.push_back(dump_json(message)); }
  void complain(const Error& error, const std::string& job);

  const std::optional<std::string> owner_;
  Services& services_;
  JobQueue& queue_;
  std::function<void()> wake_;
  std::map<std::string, Reader> readers_;  // by job; "": all
  std::string last_;                       // whose turn it was: the next one comes first
  std::deque<LookUp> look_ups_;
  std::deque<std::string> replies_;
};

void FeedConversation::complain(const Error& error, const std::string& job) {
  const Json body = parse_json(openai_error_json(error)).value_or(Json());
  reply(Json::object(
      {{"type", "error"}, {"job", job.empty() ? Json() : Json(job)}, {"error", body["error"]}}));
}

void FeedConversation::hear(std::string_view text) {
  SocketRequest request;
  Warnings warnings;
  const Status parsed = parse_body(kSchema, text, &request, warnings);
  if (!parsed) return complain(parsed.error(), request.job);
  obey(std::move(request));
}

void FeedConversation::obey(SocketRequest request) {
  const Json job = request.job.empty() ? Json() : Json(request.job);
  if (request.op == "ping") return reply(Json::object({{"type", "pong"}}));
  if (request.op == "unsubscribe") {
    readers_.erase(request.job);
    return reply(Json::object({{"type", "unsubscribed"}, {"job", job}}));
  }
  if (readers_.size() + look_ups_.size() >= kSubscriptionsMax)
    return complain(
        {.code = ErrorCode::kOverloaded,
         .message = fmt::format("At most {} subscriptions on one connection.", kSubscriptionsMax),
         .param = {},
         .detail = {}},
        request.job);
  if (request.job.empty()) return subscribe(request, nullptr);
  look_up(std::move(request));
}

void FeedConversation::look_up(SocketRequest request) {
  if (look_ups_.size() >= kLookUpsMax)
    return complain({.code = ErrorCode::kOverloaded,
                     .message = "Too many subscriptions at once; wait for their answers.",
                     .param = {},
                     .detail = {}},
                    request.job);
  auto found = std::make_shared<Result<Json>>(fail(ErrorCode::kInternal, "The job was not read."));
  Errand errand(services_.background, [found, &queue = queue_, id = request.job, owner = owner_] {
    const Result<Job> job = queue.get(id, owner);
    if (job) {
      *found = job_object(*job, std::nullopt);
    } else {
      *found = fail(job.error());
    }
  });
  if (wake_) errand.on_ready(wake_);
  look_ups_.push_back({std::move(request), std::move(found), std::move(errand)});
  if (wake_) wake_();  // it may have been done before it had a function to call
}

void FeedConversation::subscribe(const SocketRequest& request, Json job) {
  Reader& reader = readers_[request.job];
  reader.previews = request.previews ? Previews::kWith : Previews::kWithout;
  reader.subscription = queue_.feed().subscribe(request.job, owner_, request.since);
  if (wake_) reader.subscription->on_ready(wake_);
  reply(Json::object({{"type", "subscribed"}, {"job", std::move(job)}}));
}

void FeedConversation::take_look_ups() {
  while (!look_ups_.empty() && look_ups_.front().errand.done()) {
    LookUp done = std::move(look_ups_.front());
    look_ups_.pop_front();
    if (*done.found) {
      subscribe(done.request, std::move(**done.found));
    } else {
      complain(done.found->error(), done.request.job);
    }
  }
}

// Subscriptions take turns, so that a busy one does not silence the others.
bool FeedConversation::poll_readers(std::string& text) {
  auto place = readers_.upper_bound(last_);
  for (std::size_t i = 0; i < readers_.size(); ++i, ++place) {
    if (place == readers_.end()) place = readers_.begin();
    const auto event = place->second.subscription->poll();
    if (!event) continue;
    last_ = place->first;
    text = dump_json(
        Json::object({{"type", "event"}, {"event", event_object(*event, place->second.previews)}}));
    if (!place->first.empty() && is_final(event->state)) readers_.erase(place);
    return true;
  }
  return false;
}

ChunkState FeedConversation::poll(std::string& text) {
  take_look_ups();
  if (replies_.size() > kRepliesMax) return ChunkState::kEnd;
  if (!replies_.empty()) {
    text = std::move(replies_.front());
    replies_.pop_front();
    return ChunkState::kMore;
  }
  return poll_readers(text) ? ChunkState::kMore : ChunkState::kWait;
}

}  // namespace

Result<Reply> open_socket(const Call& call, Services& services) {
  TRY_STATUS(get_pictures(services));
  return Reply(std::make_unique<FeedConversation>(call.caller, services));
}

}  // namespace diptych
