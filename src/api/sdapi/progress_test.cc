// Looking at drawings and stopping them.
#include <gtest/gtest.h>

#include "api/sdapi/sdapi_bench.h"

namespace diptych::sdapi {
namespace {

// A drawing that waits for the test; its answer is not awaited.
struct HeldBench : SdapiBench {
  HeldBench() { queue().held = true; }

  Result<Reply> start(std::string body, std::string key = {}) {
    const Call call{.method = "POST",
                    .path = "/sdapi/v1/txt2img",
                    .body = std::move(body),
                    .caller = {.key_id = std::move(key), .scopes = {"inference"}}};
    return testing::find_route(call.method, call.path).route->handler(call, api.services);
  }
};

TEST(Progress, IsZeroWhenNothingRuns) {
  SdapiBench bench;
  const Json body = bench.get_json("progress");
  EXPECT_EQ(body["progress"].as_double(), 0);
  EXPECT_EQ(body["state"]["job_count"].as_int(), 0);
  EXPECT_EQ(body["state"]["job"].as_string(), "");
  EXPECT_TRUE(body["current_image"].is_null());
}

TEST(Progress, TellsOfTheRunningDrawingWithItsPreview) {
  HeldBench bench;
  const auto reply = bench.start(R"x({"n_iter":2,"steps":10,"force_task_id":"task_1"})x");
  ASSERT_TRUE(reply);
  EXPECT_EQ(bench.get_json("progress")["state"]["job_count"].as_int(), 2);  // it waits
  EXPECT_EQ(bench.get_json("progress")["progress"].as_double(), 0);
  EXPECT_EQ(bench.get_json("progress")["textinfo"].as_string(), "Waiting: 0 before it.");
  bench.queue().steps = 4;
  bench.queue().start_next();
  bench.queue().step();
  const Json body = bench.get_json("progress");
  EXPECT_EQ(body["progress"].as_double(), 0.25);
  EXPECT_EQ(body["state"]["job"].as_string(), "task_1");
  EXPECT_EQ(body["state"]["job_count"].as_int(), 2);
  EXPECT_EQ(body["state"]["job_no"].as_int(), 0);
  EXPECT_EQ(body["state"]["sampling_step"].as_int(), 1);
  EXPECT_EQ(body["state"]["sampling_steps"].as_int(), 4);
  EXPECT_TRUE(decode_picture(*base64_decode(body["current_image"].as_string())));
  bench.queue().step();
  bench.queue().step();
  EXPECT_EQ(bench.get_json("progress")["state"]["job_no"].as_int(), 1);
}

TEST(Progress, LeavesThePreviewOutWhenAsked) {
  HeldBench bench;
  const auto reply = bench.start("{}");
  bench.queue().start_next();
  bench.queue().step();
  Call call{.method = "GET", .path = "/sdapi/v1/progress"};
  call.query = {{"skip_current_image", "true"}};
  EXPECT_TRUE(testing::body_of(bench.api.send(call))["current_image"].is_null());
  ASSERT_EQ(bench.post("options", R"({"live_previews_enable":false})").status, 200);
  EXPECT_TRUE(bench.get_json("progress")["current_image"].is_null());
}

TEST(Progress, AnotherCallersDrawingIsNobodysBusiness) {
  HeldBench bench;
  const auto reply = bench.start("{}", "key_a");
  bench.queue().start_next();
  bench.queue().step();
  const auto job_count = [&](std::string key) {
    return testing::body_of(bench.get("progress", std::move(key)))["state"]["job_count"].as_int();
  };
  EXPECT_EQ(job_count("key_a"), 1);
  EXPECT_EQ(job_count("key_b"), 0);
  EXPECT_EQ(bench.post("interrupt", "", "key_b").body, "{}");
  EXPECT_EQ(bench.queue().newest().state, JobState::kRunning);
}

TEST(Interrupt, CancelsTheCallersDrawing) {
  HeldBench bench;
  auto reply = bench.start("{}", "key_a");
  bench.queue().start_next();
  const Answer answer = bench.post("interrupt", "", "key_a");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(bench.queue().newest().state, JobState::kCancelled);
  const Answer drawn = testing::run_to_end(std::move(reply), ErrorStyle::kSdapi);
  EXPECT_EQ(drawn.status, 409);
  EXPECT_EQ(testing::body_of(drawn)["error"].as_string(), "Cancelled");
}

TEST(Interrupt, DoesNothingWhenNothingRuns) {
  SdapiBench bench;
  EXPECT_EQ(bench.post("interrupt", "").body, "{}");
  EXPECT_EQ(bench.post("skip", "").body, "null");
}

TEST(Skip, GoesOnWithTheNextPicture) {
  HeldBench bench;
  const auto reply = bench.start(R"({"n_iter":2})");
  bench.queue().start_next();
  EXPECT_EQ(bench.post("skip", "").body, "null");
  EXPECT_EQ(bench.queue().skipped.size(), 1u);
  EXPECT_TRUE(bench.get_json("progress")["state"]["skipped"].as_bool());
}

TEST(Leaving, CancelsUnlessTheDrawingIsDetached) {
  HeldBench bench;
  {
    const auto reply = bench.start("{}");
  }
  EXPECT_EQ(bench.queue().newest().state, JobState::kCancelled);
  {
    const auto reply = bench.start(R"({"detach":true})");
  }
  EXPECT_EQ(bench.queue().newest().state, JobState::kQueued);
}

TEST(TaskProgress, FollowsATaskByTheClientsName) {
  HeldBench bench;
  const auto ask = [&](std::string more = {}) {
    return bench.post_json("/internal/progress", R"({"id_task":"task_x")" + more + "}");
  };
  EXPECT_FALSE(ask()["queued"].as_bool());
  EXPECT_FALSE(ask()["completed"].as_bool());
  const auto reply = bench.start(R"({"force_task_id":"task_x"})");
  EXPECT_TRUE(ask()["queued"].as_bool());
  EXPECT_EQ(dump_json(bench.get_json("/internal/pending-tasks")),
            R"({"size":1,"tasks":["task_x"]})");
  bench.queue().start_next();
  bench.queue().step();
  const Json running = ask();
  EXPECT_TRUE(running["active"].as_bool());
  EXPECT_EQ(running["progress"].as_double(), 0.5);
  EXPECT_TRUE(running["live_preview"].as_string().starts_with("data:image/png;base64,"));
  EXPECT_EQ(running["id_live_preview"].as_int(), 1);
  EXPECT_TRUE(ask(R"(,"id_live_preview":1)")["live_preview"].is_null());
  bench.queue().end_running();
  EXPECT_TRUE(ask()["completed"].as_bool());
  EXPECT_FALSE(ask()["active"].as_bool());
}

TEST(Status, CountsWhatWaits) {
  HeldBench bench;
  EXPECT_EQ(bench.get_json("status")["status"].as_string(), "idle");
  const auto first = bench.start("{}"), second = bench.start("{}");
  bench.queue().start_next();
  const Json body = bench.get_json("status");
  EXPECT_EQ(body["status"].as_string(), "running");
  EXPECT_EQ(body["queued"].as_int(), 1);
}

}  // namespace
}  // namespace diptych::sdapi
