#include "api/diptych/job_poll.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/diptych/job_json.h"
#include "api/diptych/query.h"
#include "api/errand.h"
#include "api/job_answer.h"
#include "jobs/job_queue.h"

namespace diptych {
namespace {

constexpr double kWaitMaxMs = 60'000;

struct PollQuery {
  std::int64_t wait_ms = 0, since = 0;
  bool preview = false;
};

constexpr Field kRows[] = {
    {.name = "wait_ms",
     .doc = "Wait so long for news.",
     .types = kInteger,
     .limits = {.min = 0, .max = kWaitMaxMs},
     .parse = set_member<PollQuery, &PollQuery::wait_ms>},
    {.name = "since",
     .doc = "The sequence of an earlier answer: only what came after it is news.",
     .types = kInteger,
     .limits = {.min = 0},
     .parse = set_member<PollQuery, &PollQuery::since>},
    {.name = "preview",
     .doc = "Carry the latest preview.",
     .types = kBool,
     .parse = set_member<PollQuery, &PollQuery::preview>},
};
constexpr FieldGroup kGroups[] = {{kRows}};
constexpr BodySchema kSchema{"JobQuery", "", kGroups};

struct Looked {  // what the feed has told so far
  std::int64_t sequence = 0;
  std::optional<JobEvent> preview;

  void take(JobEvent event) {
    sequence = std::max(sequence, event.sequence);
    if (event.preview) preview = std::move(event);
  }
};

Result<Answer> answer_job_state(JobQueue& queue, const std::string& id,
                                const std::optional<std::string>& owner, const Looked& looked) {
  TRY(const Job job, queue.get(id, owner));
  TRY(const std::optional<int> position, queue.store().position(id));
  Json object = job_object(job, position);
  object.set("sequence", looked.sequence);
  if (looked.preview)
    object.set("preview", event_object(*looked.preview, Previews::kWith)["preview"]);
  return Answer{.body = dump_json(object)};
}

class LongPoll final : public PendingAnswer {
 public:
  LongPoll(std::unique_ptr<JobWait> wait, PollQuery query, Services& services)
      : wait_(std::move(wait)),
        query_(query),
        services_(services),
        end_(services.clock.now() + std::chrono::milliseconds(query.wait_ms)),
        looked_{.sequence = query.since} {}

  void on_ready(std::function<void()> wake) override {
    wake_ = wake;
    if (reading_) reading_->on_ready(wake);
    wait_->on_ready(std::move(wake));
  }
  std::optional<Monotonic> wake_at() const override {
    return reading_ ? std::nullopt : std::optional(end_);
  }
  Result<std::optional<Answer>> poll() override {
    if (!reading_) {
      bool news = false;
      while (auto event = wait_->next()) {
        news = true;
        looked_.take(std::move(*event));
      }
      if (!news && !wait_->ended() && services_.clock.now() < end_) return std::optional<Answer>();
      start_reading();
    }
    if (!reading_->done()) return std::optional<Answer>();
    TRY(Answer answer, std::move(*made_));
    return std::optional<Answer>(std::move(answer));
  }

 private:
  void start_reading() {
    if (!query_.preview) looked_.preview.reset();
    reading_.emplace(
        services_.background,
        [made = made_, looked = looked_, &queue = services_.pictures->queue, id = wait_->job_id(),
         owner = wait_->owner()] { *made = answer_job_state(queue, id, owner, looked); });
    reading_->on_ready(wake_);
  }

  std::unique_ptr<JobWait> wait_;
  const PollQuery query_;
  Services& services_;
  const Monotonic end_;
  Looked looked_;
  std::function<void()> wake_;
  const std::shared_ptr<Result<Answer>> made_ =
      std::make_shared<Result<Answer>>(fail(ErrorCode::kInternal, "The job was not read."));
  std::optional<Errand> reading_;
};

}  // namespace

Result<Reply> get_job(const Call& call, Services& services) {
  PollQuery query;
  Warnings warnings;
  TRY_STATUS(parse_query(kSchema, call, &query, warnings));
  std::string id(call.param("id"));
  TRY(auto wait, JobWait::start(id, call.caller, CallerLeaves::kLeavesJob, services, query.since));
  if (query.wait_ms > 0) return Reply(std::make_unique<LongPoll>(std::move(wait), query, services));
  Looked looked{.sequence = query.since};
  while (auto event = wait->next()) looked.take(std::move(*event));
  if (!query.preview) looked.preview.reset();
  TRY(Answer answer,
      answer_job_state(services.pictures->queue, id, visible_owner(call.caller), looked));
  return Reply(std::move(answer));
}

}  // namespace diptych
