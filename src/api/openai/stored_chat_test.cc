#include <gtest/gtest.h>

#include "api/testing/api_bench.h"

namespace diptych::testing {
namespace {

constexpr char kPath[] = "/v1/chat/completions";

std::string keep(ApiBench& bench, const std::string& metadata = R"({"a":"1"})",
                 bool stream = false) {
  const Answer answer = bench.post(
      kPath,
      R"({"model":"m","store":true,"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"metadata":)" +
          metadata + (stream ? R"(,"stream":true})" : "}"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  return stream ? sse_objects(answer.body).at(0)["id"].as_string()
                : body_of(answer)["id"].as_string();
}

TEST(StoredChat, IsReadBackWithItsMetadata) {
  ApiBench bench;
  for (const bool stream : {false, true}) {
    bench.scheduler().next_says(say({"Hello"}));
    const std::string id = keep(bench, R"({"a":"1"})", stream);
    const Json body = body_of(bench.get(std::string(kPath) + "/" + id));
    EXPECT_EQ(body["id"].as_string(), id);
    EXPECT_EQ(body["object"].as_string(), "chat.completion");
    EXPECT_EQ(body["choices"][0]["message"]["content"].as_string(), "Hello");
    EXPECT_EQ(dump_json(body["metadata"]), R"({"a":"1"})");
  }
}

TEST(StoredChat, IsOnlyItsOwners) {
  ApiBench bench;
  const std::string id = keep(bench);
  const Call other{
      .method = "GET", .path = std::string(kPath) + "/" + id, .caller = {.key_id = "key_2"}};
  EXPECT_EQ(bench.send(other).status, 404);
}

TEST(StoredChat, NothingIsKeptUnasked) {
  ApiBench bench;
  const Json body =
      body_of(bench.post(kPath, R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"));
  EXPECT_EQ(bench.get(std::string(kPath) + "/" + body["id"].as_string()).status, 404);
}

TEST(StoredChat, MetadataMayChange) {
  ApiBench bench;
  const std::string path = std::string(kPath) + "/" + keep(bench);
  EXPECT_EQ(dump_json(body_of(bench.post(path, R"({"metadata":{"b":"2"}})"))["metadata"]),
            R"({"b":"2"})");
  EXPECT_EQ(dump_json(body_of(bench.get(path))["metadata"]), R"({"b":"2"})");
  EXPECT_EQ(error_code(bench.post(path, R"({"model":"x"})")), "unknown_parameter");
  EXPECT_EQ(error_code(bench.post(path, "{}")), "missing_required_parameter");
}

TEST(StoredChat, IsDeletedOnce) {
  ApiBench bench;
  const std::string id = keep(bench);
  const Call call{.method = "DELETE", .path = std::string(kPath) + "/" + id};
  EXPECT_EQ(bench.send(call).body,
            R"({"object":"chat.completion.deleted","id":")" + id + R"(","deleted":true})");
  EXPECT_EQ(bench.send(call).status, 404);
}

TEST(StoredChat, ListsByModelAndMetadata) {
  ApiBench bench;
  const std::string first = keep(bench), second = keep(bench, R"({"a":"2"})");
  const auto list = [&](std::vector<std::pair<std::string, std::string>> query) {
    return body_of(bench.send(Call{.method = "GET", .path = kPath, .query = std::move(query)}));
  };
  EXPECT_EQ(list({})["data"].as_array().size(), 2u);
  EXPECT_EQ(list({{"model", "other"}})["data"].as_array().size(), 0u);
  const Json found = list({{"metadata[a]", "2"}});
  ASSERT_EQ(found["data"].as_array().size(), 1u);
  EXPECT_EQ(found["first_id"].as_string(), second);
  EXPECT_FALSE(found["has_more"].as_bool());
  EXPECT_TRUE(list({{"limit", "1"}})["has_more"].as_bool());
}

TEST(StoredChat, ListRefusesWhatItDoesNotKnow) {
  ApiBench bench;
  const std::pair<std::string, std::string> queries[] = {
      {"limit", "0"}, {"limit", "x"}, {"limit", "101"}, {"order", "up"}, {"colour", "red"}};
  for (const auto& query : queries) {
    const Answer answer = bench.send(Call{.method = "GET", .path = kPath, .query = {query}});
    EXPECT_EQ(answer.status, 400) << query.first << query.second;
    EXPECT_EQ(error_param(answer), query.first);
  }
}

TEST(StoredChat, ListsTheMessagesOfTheRequest) {
  ApiBench bench;
  const std::string id = keep(bench);
  const std::string path = std::string(kPath) + "/" + id + "/messages";
  const Json all = body_of(bench.get(path));
  ASSERT_EQ(all["data"].as_array().size(), 2u);
  EXPECT_EQ(all["data"][0]["id"].as_string(), id + "-0");
  EXPECT_EQ(all["data"][1]["content"].as_string(), "hi");
  const Json rest =
      body_of(bench.send(Call{.method = "GET", .path = path, .query = {{"after", id + "-0"}}}));
  EXPECT_EQ(rest["data"].as_array().size(), 1u);
}

TEST(StoredChat, AnAnswerWaitsUntilItIsKept) {
  ApiBench bench;
  bench.runner.held = true;
  auto reply =
      find_route("POST", kPath)
          .route->handler(
              Call{.method = "POST",
                   .path = kPath,
                   .body =
                       R"({"model":"m","store":true,"messages":[{"role":"user","content":"hi"}]})"},
              bench.services);
  auto& pending = std::get<std::unique_ptr<PendingAnswer>>(*reply);
  bool woken = false;
  pending->on_ready([&] { woken = true; });
  EXPECT_FALSE(pending->poll()->has_value());
  bench.runner.poll_all();
  EXPECT_TRUE(woken);
  EXPECT_TRUE(pending->poll()->has_value());
}

}  // namespace
}  // namespace diptych::testing
