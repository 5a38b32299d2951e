// Stored responses: reading, deleting, continuing and listing them.

#include "api/openai/responses_stored.h"

#include <gtest/gtest.h>

#include "api/testing/responses_bench.h"

namespace diptych::openai {
namespace {

using testing::body_of;
using testing::say;

std::string next(std::string_view previous, std::string_view input) {
  return fmt::format(R"("previous_response_id":"{}","input":{})", previous, input);
}

std::vector<std::string> rendered(const ResponseBench& bench) {
  std::vector<std::string> turns;
  for (const ChatMessage& message : bench.model->format.rendered)
    turns.push_back(message.role + ": " + message.content);
  return turns;
}
using Turns = std::vector<std::string>;

TEST(StoredResponse, IsReadBackAsItWasAnswered) {
  ResponseBench bench;
  const Answer created = bench.create();
  const Answer read = bench.get("/v1/responses/" + bench.created_id(created));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, created.body);
}

TEST(StoredResponse, WithStoreFalseIsNeitherReadNorContinued) {
  ResponseBench bench;
  const std::string id = bench.created_id(bench.create(R"("store":false)"));
  EXPECT_EQ(bench.get("/v1/responses/" + id).status, 404);
  const Answer next_turn = bench.create_with(next(id, R"("more")"));
  EXPECT_EQ(next_turn.status, 400);
  EXPECT_EQ(testing::error_code(next_turn), "previous_response_not_found");
}

TEST(StoredResponse, IsDeletedOnce) {
  ResponseBench bench;
  const std::string path = "/v1/responses/" + bench.created_id(bench.create());
  EXPECT_EQ(body_of(bench.remove(path))["deleted"], Json(true));
  EXPECT_EQ(bench.remove(path).status, 404);
  EXPECT_EQ(bench.get(path).status, 404);
}

TEST(StoredResponse, BelongsToItsKey) {
  ResponseBench bench;
  const auto as = [&](std::string key, std::string method, std::string path,
                      std::string body = {}) {
    return bench.send({.method = std::move(method),
                       .path = std::move(path),
                       .body = std::move(body),
                       .caller = {.key_id = std::move(key), .scopes = {}}});
  };
  const std::string id =
      bench.created_id(as("key_a", "POST", "/v1/responses", R"({"model":"m","input":"hi"})"));
  const std::string path = "/v1/responses/" + id;
  EXPECT_EQ(as("key_a", "GET", path).status, 200);
  EXPECT_EQ(as("key_b", "GET", path).status, 404);
  EXPECT_EQ(as("key_b", "DELETE", path).status, 404);
  EXPECT_EQ(as("key_b", "GET", path + "/input_items").status, 404);
  EXPECT_EQ(as("key_b", "POST", path + "/cancel").status, 404);
  const Answer stolen = as("key_b", "POST", "/v1/responses",
                           fmt::format(R"({{"model":"m",{}}})", next(id, R"("x")")));
  EXPECT_EQ(testing::error_code(stolen), "previous_response_not_found");
}

TEST(ResponseChain, CarriesEveryTurnButNotTheInstructions) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"one"}));
  const std::string first =
      bench.created_id(bench.create_with(R"("instructions":"Be kind.","input":"a")"));
  EXPECT_EQ(rendered(bench), (Turns{"system: Be kind.", "user: a"}));
  bench.scheduler().next_says(say({"two"}));
  const Answer second = bench.create_with(next(first, R"("b")"));
  EXPECT_EQ(rendered(bench), (Turns{"user: a", "assistant: one", "user: b"}));
  EXPECT_EQ(body_of(second)["previous_response_id"], Json(first));
  bench.create_with(next(bench.created_id(second),
                         R"([{"role":"user","content":"c"}],"instructions":"Be brief.")"));
  EXPECT_EQ(rendered(bench), (Turns{"system: Be brief.", "user: a", "assistant: one", "user: b",
                                    "assistant: two", "user: c"}));
}

TEST(ResponseChain, AToolCallIsAnsweredInTheNextTurn) {
  ResponseBench bench;
  bench.scheduler().next_says(say({R"(let me see<call f>{"a":1}</call>)"}));
  const Answer asked = bench.create(R"("tools":[{"type":"function","name":"f"}])");
  const Json output = body_of(asked)["output"];
  ASSERT_EQ(output.as_array().size(), 2u);
  const std::string call_id = output[1]["call_id"].as_string();
  const Answer answered = bench.create_with(next(
      bench.created_id(asked),
      fmt::format(R"([{{"type":"function_call_output","call_id":"{}","output":"42"}}])", call_id)));
  ASSERT_EQ(answered.status, 200) << answered.body;
  const auto& messages = bench.model->format.rendered;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1].content, "let me see");
  ASSERT_EQ(messages[1].tool_calls.size(), 1u);
  EXPECT_EQ(messages[1].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(messages[2].role, "tool");
  EXPECT_EQ(messages[2].tool_call_id, call_id);
  EXPECT_EQ(messages[2].content, "42");

  const Answer unanswered = bench.create_with(next(bench.created_id(asked), R"("never mind")"));
  EXPECT_EQ(unanswered.status, 400);
  EXPECT_NE(unanswered.body.find(call_id), std::string::npos);
}

TEST(ResponseChain, ADeletedAncestorIsNamed) {
  ResponseBench bench;
  const std::string first = bench.created_id(bench.create());
  const std::string second = bench.created_id(bench.create_with(next(first, R"("b")")));
  bench.remove("/v1/responses/" + first);
  const Answer third = bench.create_with(next(second, R"("c")"));
  EXPECT_EQ(third.status, 400);
  EXPECT_NE(third.body.find(first), std::string::npos);
}

TEST(ResponseChain, AnUnfinishedResponseCannotBeContinued) {
  ResponseBench bench;
  bench.runner.held = true;
  const std::string id = bench.created_id(bench.create(R"("background":true)"));
  const Answer answer = bench.create_with(next(id, R"("b")"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("queued"), std::string::npos);
}

TEST(ResponseItems, EchoedOutputWithoutAChainMeansTheSame) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"<think>hm</think>", "one", "<call f>{}</call>"}));
  const Json output =
      body_of(bench.create(R"("store":false,"tools":[{"type":"function","name":"f"}])"))["output"];
  Json input = Json::array({Json::object({{"role", "user"}, {"content", "hi"}})});
  for (const Json& item : output.as_array()) input.push_back(item);
  input.push_back(Json::object(
      {{"type", "function_call_output"}, {"call_id", output[2]["call_id"]}, {"output", "42"}}));
  const Answer answer = bench.create_with(fmt::format(R"("input":{})", dump_json(input)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& messages = bench.model->format.rendered;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1].content, "one");
  EXPECT_EQ(messages[1].reasoning, "hm");
  EXPECT_EQ(messages[1].tool_calls.size(), 1u);
}

TEST(ResponseItems, AReferenceStandsForTheItem) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"one"}));
  const Json first = body_of(bench.create());
  const std::string item = first["output"][0]["id"].as_string();
  ASSERT_EQ(
      bench
          .create_with(fmt::format(
              R"("input":[{{"type":"item_reference","id":"{}"}},{{"role":"user","content":"b"}}])",
              item))
          .status,
      200);
  EXPECT_EQ(rendered(bench), (Turns{"assistant: one", "user: b"}));
  ASSERT_EQ(bench
                .create_with(
                    fmt::format(R"("input":[{{"id":"{}"}},{{"role":"user","content":"b"}}])", item))
                .status,
            200);
}

TEST(InputItems, ListThoseOfAncestorsToo) {
  ResponseBench bench;
  bench.scheduler().next_says(say({"one"}));
  const std::string first = bench.created_id(bench.create_with(R"("input":"a")"));
  const std::string second = bench.created_id(bench.create_with(next(first, R"("b")")));
  const std::string path = "/v1/responses/" + second + "/input_items";
  const auto texts = [](const Json& list) {
    Turns out;
    for (const Json& item : list["data"].as_array())
      out.push_back(item["content"][0]["text"].as_string());
    return out;
  };
  const Json newest_first = body_of(bench.get(path));
  EXPECT_EQ(texts(newest_first), (Turns{"b", "one", "a"}));
  EXPECT_EQ(newest_first["object"], Json("list"));
  EXPECT_EQ(newest_first["has_more"], Json(false));
  EXPECT_EQ(newest_first["first_id"], newest_first["data"][0]["id"]);

  const Json page = body_of(bench.get_with(path, {{"limit", "2"}, {"order", "asc"}}));
  EXPECT_EQ(texts(page), (Turns{"a", "one"}));
  EXPECT_EQ(page["has_more"], Json(true));
  const Json rest =
      body_of(bench.get_with(path, {{"order", "asc"}, {"after", page["last_id"].as_string()}}));
  EXPECT_EQ(texts(rest), (Turns{"b"}));
}

TEST(InputItems, RefuseBadQueriesByName) {
  ResponseBench bench;
  const std::string path = "/v1/responses/" + bench.created_id(bench.create()) + "/input_items";
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"limit", "0"}})), "limit");
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"order", "up"}})), "order");
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"after", "msg_none"}})), "after");
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"include[]", "everything"}})), "include");
  EXPECT_EQ(bench.get_with(path, {{"include[]", "message.input_image.image_url"}}).status, 200);
}

TEST(StoredResponse, RefusesBadQueriesByName) {
  ResponseBench bench;
  const std::string path = "/v1/responses/" + bench.created_id(bench.create());
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"stream", "yes"}})), "stream");
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"starting_after", "3"}})),
            "starting_after");
  EXPECT_EQ(
      testing::error_param(bench.get_with(path, {{"stream", "true"}, {"starting_after", "x"}})),
      "starting_after");
  EXPECT_EQ(testing::error_param(bench.get_with(path, {{"frobnicate", "1"}})), "frobnicate");
}

}  // namespace
}  // namespace diptych::openai
