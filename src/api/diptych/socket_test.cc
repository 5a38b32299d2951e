#include "api/diptych/socket.h"

#include <gtest/gtest.h>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kDraw[] = R"({"picture":{"prompt":"a fox"}})";

class Socket {
 public:
  explicit Socket(ApiBench& bench, Caller caller = {}) {
    auto reply = open_socket(Call{.method = "GET", .caller = std::move(caller)}, bench.services);
    talk_ = std::move(std::get<std::unique_ptr<Conversation>>(*reply));
    talk_->on_ready([this] { ++wakes; });
  }
  int wakes = 0;

  void say(std::string_view text) { talk_->hear(text); }
  std::vector<Json> heard() {
    std::vector<Json> all;
    for (std::string text; talk_->poll(text) == ChunkState::kMore; text.clear())
      all.push_back(*parse_json(text));
    return all;
  }
  ChunkState poll() {
    std::string text;
    return talk_->poll(text);
  }

 private:
  std::unique_ptr<Conversation> talk_;
};

TEST(Socket, ASubscriberHearsAJobToItsEnd) {
  ApiBench bench;
  bench.pictures.queue.held = true;
  ASSERT_EQ(bench.post("/api/v1/jobs", kDraw).status, 202);
  Socket socket(bench);
  socket.say(R"({"op":"subscribe","job":"job_1"})");
  auto first = socket.heard();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0]["type"], Json("subscribed"));
  EXPECT_EQ(first[0]["job"]["id"], Json("job_1"));
  EXPECT_EQ(first[1]["event"]["type"], Json("queued"));
  bench.pictures.queue.run_next();
  EXPECT_GT(socket.wakes, 0);
  const auto rest = socket.heard();
  ASSERT_EQ(rest.size(), 6u);  // started, progress, preview, progress, preview, succeeded
  EXPECT_TRUE(rest[2]["event"]["preview"]["b64"].is_string());
  EXPECT_EQ(rest.back()["event"]["type"], Json("succeeded"));
}

TEST(Socket, WithoutAJobAllOfTheCallersAreHeard) {
  ApiBench bench;
  Socket mine(bench, {.key_id = "key_a", .scopes = {"inference"}});
  Socket others(bench, {.key_id = "key_b", .scopes = {"inference"}});
  for (Socket* socket : {&mine, &others}) {
    socket->say(R"({"op":"subscribe","previews":false})");
    EXPECT_EQ(socket->heard().size(), 1u);
  }
  bench.send(Call{.method = "POST",
                  .path = "/api/v1/jobs",
                  .body = kDraw,
                  .caller = {.key_id = "key_a", .scopes = {"inference"}}});
  const auto heard = mine.heard();
  EXPECT_EQ(heard.size(), 7u);
  EXPECT_TRUE(heard[3]["event"]["preview"]["b64"].is_null());
  EXPECT_TRUE(others.heard().empty());
}

TEST(Socket, AnotherOwnersJobIsUnknown) {
  ApiBench bench;
  bench.post("/api/v1/jobs", kDraw);
  Socket socket(bench, {.key_id = "key_b", .scopes = {"inference"}});
  socket.say(R"({"op":"subscribe","job":"job_1"})");
  const auto heard = socket.heard();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0]["type"], Json("error"));
  EXPECT_EQ(heard[0]["job"], Json("job_1"));
}

TEST(Socket, WhoUnsubscribesHearsNoMore) {
  ApiBench bench;
  Socket socket(bench);
  socket.say(R"({"op":"subscribe"})");
  socket.say(R"({"op":"unsubscribe"})");
  EXPECT_EQ(socket.heard().size(), 2u);
  bench.post("/api/v1/jobs", kDraw);
  EXPECT_TRUE(socket.heard().empty());
}

TEST(Socket, WhatCannotBeReadIsAnsweredWithAnError) {
  ApiBench bench;
  Socket socket(bench);
  for (const char* text : {"hello", "[]", "{}", R"({"op":"dance"})", R"({"op":"ping","x":1})",
                           R"({"op":"subscribe","since":-1})"}) {
    socket.say(text);
    const auto heard = socket.heard();
    ASSERT_EQ(heard.size(), 1u) << text;
    EXPECT_EQ(heard[0]["type"], Json("error")) << text;
  }
  socket.say(R"({"op":"ping"})");
  EXPECT_EQ(socket.heard()[0]["type"], Json("pong"));
}

TEST(Socket, ACallerWhoDoesNotReadItsRepliesIsLeft) {
  ApiBench bench;
  Socket socket(bench);
  for (int i = 0; i < 65; ++i) socket.say(R"({"op":"ping"})");
  EXPECT_EQ(socket.poll(), ChunkState::kEnd);
}

}  // namespace
}  // namespace diptych::testing
