#include "api/openai/responses_follow.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "api/background.h"
#include "api/openai/responses_events.h"
#include "api/openai/responses_object.h"
#include "api/openai/sse.h"

namespace diptych::openai {
namespace {

constexpr int kEventsPerPoll = 256;  // bounds what one poll puts into the connection's buffer

class FollowedResponse final : public ChunkSource {
 public:
  FollowedResponse(std::string id, std::string owner, std::int64_t after, Services& services)
      : id_(std::move(id)), owner_(std::move(owner)), after_(after), services_(services) {}

  void on_ready(std::function<void()> wake) override {
    watch_.reset();
    asked_ = true;
    watch_ = services_.background.watch(id_, std::move(wake));
  }

  ChunkState poll(std::string& out) override {
    // The state is read before the events: if it is final, no event comes after those that are read
    // next.
    const auto row = services_.responses.get(id_, owner_);
    if (!row)
      return row.error().code == ErrorCode::kNotFound ? ChunkState::kEnd : broken(out, row.error());
    const auto events = services_.responses.events_after(id_, after_, kEventsPerPoll);
    if (!events) return broken(out, events.error());
    for (const EventRow& event : *events) {
      append_sse_event(out, event.type, event.body);
      after_ = event.sequence;
    }
    if (std::cmp_equal(events->size(), kEventsPerPoll)) return ChunkState::kMore;
    if (is_final_status(row->status)) return ChunkState::kEnd;
    if (asked_ && watch_ == nullptr)
      return broken(out,
                    {.code = ErrorCode::kInternal,
                     .message = fmt::format("Nobody is working on response '{}' any more.", id_),
                     .param = {},
                     .detail = {}});
    return ChunkState::kWait;
  }

 private:
  static ChunkState broken(std::string& out, const Error& error) {
    append_sse_error(out, error);
    return ChunkState::kEnd;
  }

  std::string id_, owner_;
  std::int64_t after_;
  Services& services_;
  bool asked_ = false;  // on_ready was called
  std::unique_ptr<TaskWatch> watch_;
};

}  // namespace

std::unique_ptr<ChunkSource> follow_response(std::string id, std::string owner, std::int64_t after,
                                             Services& services) {
  return std::make_unique<FollowedResponse>(std::move(id), std::move(owner), after, services);
}

}  // namespace diptych::openai
