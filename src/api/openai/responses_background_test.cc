// Background responses: their states, their events in the store, resuming, cancelling, crashing.

#include "api/openai/responses_background.h"

#include <gtest/gtest.h>

#include "api/testing/responses_bench.h"

namespace diptych::openai {
namespace {

using testing::body_of;
using testing::say;
using testing::sse_objects;
using Types = std::vector<std::string>;

class BackgroundResponse : public ::testing::Test {
 protected:
  // A response whose runner waits for poll(); its model has said nothing yet.
  void start(std::string_view members = R"("background":true)") {
    bench_.runner.held = true;
    script_ = bench_.scheduler().next_says({});
    script_->open_ended = true;
    const Answer answer = bench_.create(members);
    ASSERT_EQ(answer.status, 200) << answer.body;
    created_ = body_of(answer);
    id_ = created_["id"].as_string();
  }
  void more(std::string text) {
    script_->deltas.push_back({.text = std::move(text), .token_count = 1});
  }
  void finish() {
    script_->deltas.push_back({.finish = FinishReason::kStop});
    script_->open_ended = false;
  }
  bool poll() {
    const auto task = bench_.runner.tasks.find(id_);
    if (!task->second->poll()) return false;
    bench_.runner.tasks.erase(task);
    return true;
  }
  Json stored() { return body_of(bench_.get(path())); }
  std::string path(std::string_view rest = {}) const {
    return fmt::format("/v1/responses/{}{}", id_, rest);
  }
  Answer cancel() { return bench_.post(path("/cancel"), ""); }
  std::vector<EventRow> events() {
    return *bench_.services.responses.events_after(id_, -1, 10'000);
  }

  ResponseBench bench_;
  std::shared_ptr<testing::StreamScript> script_;
  Json created_;
  std::string id_;
};

const Types kAllEvents{"0 response.created",
                       "1 response.queued",
                       "2 response.in_progress",
                       "3 response.output_item.added",
                       "4 response.content_part.added",
                       "5 response.output_text.delta",
                       "6 response.output_text.delta",
                       "7 response.output_text.done",
                       "8 response.content_part.done",
                       "9 response.output_item.done",
                       "10 response.completed"};

TEST_F(BackgroundResponse, IsAnsweredAtOnceAsQueuedAndPassesThroughEveryState) {
  start();
  EXPECT_EQ(created_["status"], Json("queued"));
  EXPECT_EQ(created_["background"], Json(true));
  EXPECT_EQ(stored()["status"], Json("queued"));
  EXPECT_FALSE(poll());
  EXPECT_EQ(stored()["status"], Json("queued")) << "nothing has begun";
  more("Hel");
  EXPECT_FALSE(poll());
  EXPECT_EQ(stored()["status"], Json("in_progress"));
  more("lo");
  finish();
  EXPECT_TRUE(poll());
  EXPECT_EQ(stored()["status"], Json("completed"));
  EXPECT_EQ(stored()["output"][0]["content"][0]["text"], Json("Hello"));
}

TEST_F(BackgroundResponse, NeedsTheStore) {
  const Answer answer = bench_.create(R"("background":true,"store":false)");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(testing::error_param(answer), "background");
}

TEST_F(BackgroundResponse, ResumingAtEveryNumberGivesTheRest) {
  start();
  more("Hel");
  EXPECT_FALSE(poll());
  more("lo");
  finish();
  EXPECT_TRUE(poll());
  const auto whole = bench_.get_with(path(), {{"stream", "true"}});
  EXPECT_EQ(types_of(whole.body), kAllEvents);
  for (int after = 0; after <= static_cast<int>(kAllEvents.size()); ++after) {
    const auto from =
        kAllEvents.begin() + std::min<std::ptrdiff_t>(after + 1, std::ssize(kAllEvents));
    const Answer rest = bench_.resume(id_, after);
    EXPECT_EQ(types_of(rest.body), Types(from, kAllEvents.end())) << "after " << after;
    if (!rest.body.empty()) {
      EXPECT_TRUE(whole.body.ends_with(rest.body)) << "after " << after;
    }
  }
}

TEST_F(BackgroundResponse, AFollowerGetsWhatIsThereThenWhatComesThenTheEnd) {
  start();
  const auto match = testing::find_route("GET", path());
  auto reply = match.route->handler(
      {.path_params = match.params, .query = {{"stream", "true"}, {"starting_after", "0"}}},
      bench_.services);
  auto& follower = std::get<StreamedAnswer>(*reply);
  follower.chunks->on_ready([] {});
  const auto next = [&](ChunkState expected) {
    std::string out;
    EXPECT_EQ(follower.chunks->poll(out), expected);
    return types_of(out);
  };
  EXPECT_EQ(next(ChunkState::kWait), (Types{"1 response.queued"}));
  EXPECT_EQ(next(ChunkState::kWait), Types{});
  more("Hel");
  EXPECT_FALSE(poll());
  EXPECT_EQ(next(ChunkState::kWait), Types(kAllEvents.begin() + 2, kAllEvents.begin() + 6));
  more("lo");
  finish();
  EXPECT_TRUE(poll());
  EXPECT_EQ(next(ChunkState::kEnd), Types(kAllEvents.begin() + 6, kAllEvents.end()));
}

TEST_F(BackgroundResponse, TheCreateCallMayStreamAndLeavingDoesNotStopIt) {
  bench_.runner.held = true;
  script_ = bench_.scheduler().next_says({});
  script_->open_ended = true;
  {
    const auto match = testing::find_route("POST", "/v1/responses");
    auto reply = match.route->handler(
        {.body = R"({"model":"m","input":"hi","background":true,"stream":true})"}, bench_.services);
    ASSERT_TRUE(reply);
    std::string out;
    EXPECT_EQ(std::get<StreamedAnswer>(*reply).chunks->poll(out), ChunkState::kWait);
    EXPECT_EQ(types_of(out), (Types{"0 response.created", "1 response.queued"}));
    id_ = sse_objects(out)[0]["response"]["id"].as_string();
  }
  EXPECT_FALSE(script_->destroyed);
  more("Hello");
  finish();
  EXPECT_TRUE(poll());
  EXPECT_EQ(stored()["status"], Json("completed"));
}

// --- cancel -------------------------------------------------------------------------------------

TEST_F(BackgroundResponse, CancelledWhileQueuedStopsTheWork) {
  start();
  const Json answer = body_of(cancel());
  EXPECT_EQ(answer["status"], Json("cancelled"));
  EXPECT_EQ(answer["id"], Json(id_));
  EXPECT_TRUE(script_->destroyed);
  EXPECT_EQ(stored(), answer);
}

TEST_F(BackgroundResponse, CancelledInTheMiddleKeepsWhatWasSaidAndEndsItsFollowers) {
  start();
  more("Hel");
  EXPECT_FALSE(poll());
  const Json answer = body_of(cancel());
  EXPECT_EQ(answer["status"], Json("cancelled"));
  EXPECT_EQ(answer["output"][0]["content"][0]["text"], Json("Hel"));
  EXPECT_EQ(answer["output"][0]["status"], Json("incomplete"));
  const Types types = types_of(bench_.resume(id_, 0).body);  // ends, without an event for the end
  EXPECT_EQ(types.back(), "8 response.output_item.done");
}

TEST_F(BackgroundResponse, CancellingAgainOrAfterTheEndChangesNothing) {
  start();
  const Json first = body_of(cancel());
  EXPECT_EQ(body_of(cancel()), first);
  start();
  more("Hello");
  finish();
  EXPECT_TRUE(poll());
  const Answer late = cancel();
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(body_of(late)["status"], Json("completed"));
}

TEST_F(BackgroundResponse, OnlyBackgroundResponsesCanBeCancelledOrStreamedAgain) {
  id_ = bench_.created_id(bench_.create());
  EXPECT_EQ(cancel().status, 400);
  EXPECT_EQ(bench_.resume(id_, 0).status, 400);
}

TEST_F(BackgroundResponse, DeletingARunningOneStopsIt) {
  start();
  EXPECT_EQ(bench_.remove(path()).status, 200);
  EXPECT_TRUE(script_->destroyed);
  EXPECT_EQ(bench_.get(path()).status, 404);
  EXPECT_TRUE(events().empty());
}

// --- failures -----------------------------------------------------------------------------------

TEST_F(BackgroundResponse, AFullRunnerIsAnOverloadAndLeavesNothingBehind) {
  bench_.runner.refusal = Error{.code = ErrorCode::kOverloaded,
                                .message = "full",
                                .param = {},
                                .detail = {},
                                .retry_after_ms = 1000};
  EXPECT_EQ(bench_.create(R"("background":true)").status, 429);
  EXPECT_TRUE(bench_.services.responses.unfinished()->empty());
}

TEST_F(BackgroundResponse, AFailedGenerationIsStoredWithItsEvents) {
  start();
  script_->error =
      Error{.code = ErrorCode::kTimeout, .message = "Too slow.", .param = {}, .detail = {}};
  script_->open_ended = false;
  EXPECT_TRUE(poll());
  EXPECT_EQ(stored()["status"], Json("failed"));
  EXPECT_EQ(stored()["error"]["message"], Json("Too slow."));
  EXPECT_EQ(types_of(bench_.resume(id_, 0).body),
            (Types{"1 response.queued", "2 error", "3 response.failed"}));
}

TEST_F(BackgroundResponse, AShutdownEndsItAsFailed) {
  start();
  bench_.runner.tasks.at(id_)->abandon(TaskEnd::kShutdown);
  EXPECT_EQ(stored()["status"], Json("failed"));
  EXPECT_NE(stored()["error"]["message"].as_string().find("stopped"), std::string::npos);
}

TEST_F(BackgroundResponse, AfterARestartUnfinishedOnesFailAndTheirNumbersGoOn) {
  start();
  more("Hel");
  EXPECT_FALSE(poll());
  const std::size_t before = events().size();
  bench_.runner.tasks.clear();  // as after kill -9: nothing more is written
  ASSERT_TRUE(settle_unfinished_responses(bench_.services));
  EXPECT_EQ(stored()["status"], Json("failed"));
  EXPECT_EQ(stored()["error"]["code"], Json("server_error"));
  EXPECT_NE(stored()["error"]["message"].as_string().find("restarted"), std::string::npos);
  const auto all = events();
  ASSERT_EQ(all.size(), before + 2);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(std::cmp_equal(all[i].sequence, i), true);
  EXPECT_EQ(all.back().type, "response.failed");
  ASSERT_TRUE(settle_unfinished_responses(bench_.services));
  EXPECT_EQ(events().size(), all.size()) << "settled twice";
}

TEST_F(BackgroundResponse, ASettledOneLeavesFinishedOnesAlone) {
  start();
  more("Hello");
  finish();
  EXPECT_TRUE(poll());
  const Json before = stored();
  ASSERT_TRUE(settle_unfinished_responses(bench_.services));
  EXPECT_EQ(stored(), before);
}

// --- a store that fails in the middle -----------------------------------------------------------

struct Refusal {
  int nth, times;
};
class RefusingStore : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusingStore, LosesAndDoublesNoEvent) {
  ResponseBench bench;
  const auto [nth, times] = GetParam();
  FailingStore store(bench.services.responses, nth, times);
  Services services = with_responses(bench, store);
  bench.runner.held = true;
  const auto script = bench.scheduler().next_says({});
  script->open_ended = true;
  const auto match = testing::find_route("POST", "/v1/responses");
  const Answer answer = testing::run_to_end(
      match.route->handler({.body = R"({"model":"m","input":"hi","background":true})"}, services));
  if (nth == 1) {
    EXPECT_EQ(answer.status, 500);
    EXPECT_TRUE(bench.runner.tasks.empty());
    return;
  }
  const std::string id = bench.created_id(answer);
  bool done = false;
  for (int step = 0; step < 8 && !done; ++step) {
    if (step < 2) script->deltas.push_back({.text = "piece", .token_count = 1});
    if (step == 2) {
      script->deltas.push_back({.finish = FinishReason::kStop});
      script->open_ended = false;
    }
    done = bench.runner.tasks.at(id)->poll();
  }
  ASSERT_TRUE(done);
  bench.runner.tasks.clear();
  ASSERT_TRUE(settle_unfinished_responses(services));
  const auto events = *bench.services.responses.events_after(id, -1, 1000);
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_TRUE(std::cmp_equal(events[i].sequence, i));
  EXPECT_EQ(events.back().type, times < 3 ? "response.completed" : "response.failed");
  EXPECT_EQ(body_of(bench.get("/v1/responses/" + id))["status"],
            Json(times < 3 ? "completed" : "failed"));
}

INSTANTIATE_TEST_SUITE_P(EveryChange, RefusingStore,
                         ::testing::Values(Refusal{1, 1}, Refusal{2, 1}, Refusal{3, 1},
                                           Refusal{4, 1}, Refusal{2, 2}, Refusal{3, 2},
                                           Refusal{4, 2}, Refusal{4, 3}));

}  // namespace
}  // namespace diptych::openai
